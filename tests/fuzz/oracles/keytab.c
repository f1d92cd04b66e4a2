/*
 * The principals that MIT Kerberos finds in a keytab, whose path is the question; before them how
 * the reading ended: "yes" at the end of the file, else "no".
 */

#include <krb5.h>

#include "exchange.h"

int main(void)
{
    krb5_context context;

    if (krb5_init_context(&context))
        return 1;
    for (;;)
    {
        uint32_t length, count = 0, number;
        char *path = question(&length), *names[4096];
        krb5_keytab keytab;
        krb5_kt_cursor cursor;
        krb5_keytab_entry entry;
        krb5_error_code error = krb5_kt_resolve(context, path, &keytab);

        if (error)
            return 1;
        error = krb5_kt_start_seq_get(context, keytab, &cursor);
        if (!error)
        {
            while (count < 4096
                   && !(error = krb5_kt_next_entry(context, keytab, &entry, &cursor)))
            {
                if (krb5_unparse_name_flags(context, entry.principal,
                                            KRB5_PRINCIPAL_UNPARSE_DISPLAY, &names[count]))
                    return 1;
                count++;
                krb5_free_keytab_entry_contents(context, &entry);
            }
            krb5_kt_end_seq_get(context, keytab, &cursor);
        }
        say(error == KRB5_KT_END ? "yes" : "no");
        for (number = 0; number < count; number++)
        {
            say(names[number]);
            krb5_free_unparsed_name(context, names[number]);
        }
        answer();
        krb5_kt_close(context, keytab);
        free(path);
    }
}
