import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;

/** Logs in by the URL, and prints what the server knows of the ticket. */
public class LogIn {
    public static void main(String[] arguments) throws Exception {
        String asks = "SELECT principal, encrypted FROM pg_stat_gssapi"
            + " WHERE pid = pg_backend_pid()";
        try (Connection connection = DriverManager.getConnection(arguments[0]);
                ResultSet row = connection.createStatement().executeQuery(asks)) {
            row.next();
            System.out.println(row.getString(1) + " " + row.getBoolean(2));
        }
    }
}
