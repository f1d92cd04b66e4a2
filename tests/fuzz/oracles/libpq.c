/* What libpq makes of a connection string: "yes", then keywords and values; or "no" and why. */

#include <libpq-fe.h>

#include "exchange.h"

int main(void)
{
    for (;;)
    {
        uint32_t length;
        char *text = question(&length), *why = NULL;
        PQconninfoOption *options = PQconninfoParse(text, &why), *option;

        say(options ? "yes" : "no");
        if (options == NULL)
            say(why ? why : "");
        for (option = options; option && option->keyword; option++)
            if (option->val)
            {
                say(option->keyword);
                say(option->val);
            }
        answer();
        PQconninfoFree(options);
        PQfreemem(why);
        free(text);
    }
}
