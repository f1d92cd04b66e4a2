/*
 * What MIT Kerberos makes of a krb5.conf. The question is the list of files and, after it, the
 * names that lead to each value, an empty one at the end of them. The answer is "yes", then for
 * each the number of its values and these; or "no" and the number of the error.
 */

#include <profile.h>

#include "exchange.h"

int main(void)
{
    for (;;)
    {
        uint32_t length;
        char *text = question(&length), *at = text + strlen(text) + 1;
        char number[32];
        profile_t profile;
        long error = profile_init_path(text, &profile);

        say(error ? "no" : "yes");
        if (error)
        {
            snprintf(number, sizeof number, "%ld", error);
            say(number);
        }
        while (!error && at < text + length)
        {
            const char *names[8];
            char **values = NULL;
            int count = 0;

            while (*at && count < 7)
            {
                names[count++] = at;
                at += strlen(at) + 1;
            }
            at++;
            names[count] = NULL;
            if (profile_get_values(profile, names, &values))
                values = NULL;
            for (count = 0; values && values[count]; count++)
                ;
            snprintf(number, sizeof number, "%d", count);
            say(number);
            for (count = 0; values && values[count]; count++)
                say(values[count]);
            if (values)
                profile_free_list(values);
        }
        if (!error)
            profile_release(profile);
        answer();
        free(text);
    }
}
