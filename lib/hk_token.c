#include "hk_token.h"

#include "hk_log.h"

#include <errno.h>
#include <fcntl.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

static int64_t monotonic_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Wipes the token, in a way the compiler does not leave out. */
static void wipe(char *text, size_t size)
{
    explicit_bzero(text, size);
}

static int take(struct hk_token *token, const char *text, size_t len, struct hk_err *err)
{
    while (len > 0 && is_blank(text[len - 1]))
        len--;
    while (len > 0 && is_blank(*text)) {
        text++;
        len--;
    }
    if (len == 0)
        return hk_err_set(err, HK_ERR_INVALID, NULL, "%.100s: holds no token", token->path);
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return hk_err_set(err, HK_ERR_INVALID, NULL,
                              "%.100s: a token is one word of printable ASCII", token->path);
    memcpy(token->text, text, len);
    token->len = len;
    return 0;
}

/* The text read and what file it was, from one descriptor: a file that is put in its place
 * meanwhile is seen as another one at the next look. */
static int read_token(struct hk_token *token, struct hk_err *err)
{
    char text[HK_TOKEN_MAX + 1];
    size_t len = 0;
    ssize_t n = -1;
    int fd = open(token->path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &token->seen) == 0)
        while ((n = read(fd, text + len, sizeof text - len)) > 0)
            len += (size_t)n;
    int result;
    if (n < 0)
        result = hk_err_set(err, HK_ERR_INVALID, NULL, "%.100s: the token cannot be read: %s",
                            token->path, strerror(errno));
    else if (len > HK_TOKEN_MAX)
        result = hk_err_set(err, HK_ERR_INVALID, NULL, "%.100s: is over %d bytes", token->path,
                            HK_TOKEN_MAX);
    else
        result = take(token, text, len, err);
    if (fd >= 0)
        close(fd);
    wipe(text, sizeof text);
    return result;
}

int hk_token_init(struct hk_token *token, const char *path, struct hk_err *err)
{
    memset(token, 0, sizeof *token);
    token->path = path;
    token->checked_s = monotonic_s();
    pthread_mutex_init(&token->lock, NULL);
    return read_token(token, err);
}

static void refresh(struct hk_token *token)
{
    struct stat now;
    struct hk_err err = {.kind = HK_ERR_NONE};
    int64_t now_s = monotonic_s();
    if (now_s == token->checked_s)
        return;
    token->checked_s = now_s;
    if (stat(token->path, &now) == 0 && is_same_file(&now, &token->seen))
        return;
    if (read_token(token, &err))
        hk_log(HK_LOG_WARN, "the token file is not readable, the last token stays",
               (struct hk_log_field[]){{"error", hk_str_of(err.text), 0}}, 1);
    else
        hk_log(HK_LOG_INFO, "the token file changed and was read again", NULL, 0);
}

/* Every byte of the token is compared whatever the guess is. */
static bool is_equal(const struct hk_token *token, const char *guess)
{
    size_t guess_len = strlen(guess);
    unsigned differs = guess_len != token->len;
    for (size_t i = 0; i < token->len; i++) {
        unsigned char c = i < guess_len ? (unsigned char)guess[i] : 0;
        differs |= (unsigned)(c ^ (unsigned char)token->text[i]);
    }
    return differs == 0;
}

bool hk_token_allows(struct hk_token *token, const char *authorization)
{
    static const char scheme[] = "Bearer ";
    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1) != 0)
        return false;
    const char *guess = authorization + sizeof scheme - 1;
    guess += strspn(guess, " ");
    pthread_mutex_lock(&token->lock);
    refresh(token);
    bool is_allowed = is_equal(token, guess);
    pthread_mutex_unlock(&token->lock);
    return is_allowed;
}
