/* Questions and answers, each with its length before it: four bytes, the highest first. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The next question, with a zero after it; its length goes to *length. Ends where there is none. */
static char *question(uint32_t *length)
{
    unsigned char head[4];
    char *text;

    if (fread(head, 1, 4, stdin) != 4)
        exit(0);
    *length = (uint32_t) head[0] << 24 | head[1] << 16 | head[2] << 8 | head[3];
    text = malloc(*length + 1);
    if (text == NULL || fread(text, 1, *length, stdin) != *length)
        exit(1);
    text[*length] = 0;
    return text;
}

static char *said;
static size_t said_length;

/* Adds a text to the answer, with a zero after it. */
static void say(const char *text)
{
    size_t length = strlen(text) + 1;

    said = realloc(said, said_length + length);
    if (said == NULL)
        exit(1);
    memcpy(said + said_length, text, length);
    said_length += length;
}

static void answer(void)
{
    unsigned char head[4] = { said_length >> 24, said_length >> 16, said_length >> 8, said_length };

    fwrite(head, 1, 4, stdout);
    fwrite(said, 1, said_length, stdout);
    fflush(stdout);
    said_length = 0;
}
