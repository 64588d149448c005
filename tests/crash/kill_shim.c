/* Counts the calls with which a process changes what others can see, and kills it at one of them.
 *
 * Loaded by LD_PRELOAD into an unmodified program. Counted are writes, syncs, truncations, renames,
 * removals, new files and folders, and sends; not counted is what goes to standard output and
 * standard error. The control block is a file that another process has mapped as well: it says at
 * which call to die and holds what was called. At the call that is due the process dies by SIGKILL
 * before the call, after the half of its bytes, or after the call; no other thread of it gets
 * through a counted call in between. Layout and numbers: shim.py.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { CALLS_MOST = 16384, IOV_MOST = 1024 };
enum { COUNT_ONLY, BEFORE, TORN, AFTER };
enum { WRITE = 1, SYNC, TRUNCATE, RENAME, REMOVE, CREATE, SEND };
enum { OTHER, DATABASE, WAL, WAL_INDEX, ANCHOR, ATTACHMENT, PEER, OFFICER, WAKE, FOLDER };

struct call {
    uint8_t kind;
    uint8_t place;
    uint16_t reserved;
    uint32_t bytes;
};

struct control {
    uint64_t armed;
    uint64_t mode;
    uint64_t target;
    uint64_t counted;
    uint64_t fired;
    uint64_t torn;
    struct call calls[CALLS_MOST];
};

static struct control *control;

int kill_point_attach(const char *path)
{
    int handle = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    if (handle < 0)
        return -1;
    void *mapped = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    close(handle);
    if (mapped == MAP_FAILED)
        return -1;
    control = mapped;
    return 0;
}

static int ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static uint8_t place_of_path(const char *path)
{
    if (ends_with(path, ".db"))
        return DATABASE;
    if (ends_with(path, ".db-wal"))
        return WAL;
    if (ends_with(path, ".db-shm"))
        return WAL_INDEX;
    if (ends_with(path, ".anchor"))
        return ANCHOR;
    if (strstr(path, "/blobs"))
        return ATTACHMENT;
    return OTHER;
}

static uint8_t place_of_socket(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_storage most;
    } name;
    socklen_t length = sizeof name;
    memset(&name, 0, sizeof name);
    if (getsockname(fd, &name.any, &length) != 0)
        return OTHER;
    if (name.any.sa_family != AF_UNIX)
        return PEER;
    /* The ends of a pair have no name: with one, an event loop wakes itself. */
    return length > sizeof(sa_family_t) && name.local.sun_path[0] ? OFFICER : WAKE;
}

static uint8_t place_of(int fd)
{
    struct stat state;
    char link[64], path[PATH_MAX + 1];
    ssize_t length;
    if (fstat(fd, &state) != 0)
        return OTHER;
    if (S_ISSOCK(state.st_mode))
        return place_of_socket(fd);
    if (S_ISDIR(state.st_mode))
        return FOLDER;
    if (!S_ISREG(state.st_mode))
        return WAKE;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, PATH_MAX);
    if (length < 0)
        return OTHER;
    path[length] = 0;
    return place_of_path(path);
}

static void die(void)
{
    for (;;)
        syscall(SYS_kill, (pid_t)syscall(SYS_getpid), SIGKILL);
}

/* Returns how to die at this call; COUNT_ONLY to go on. */
static int counted(uint8_t kind, uint8_t place, size_t bytes)
{
    uint64_t number = __atomic_add_fetch(&control->counted, 1, __ATOMIC_SEQ_CST);
    uint64_t target = control->target;
    if (number <= CALLS_MOST)
        control->calls[number - 1] =
            (struct call){kind, place, 0, bytes > UINT32_MAX ? UINT32_MAX : (uint32_t)bytes};
    if (target == 0 || number < target)
        return COUNT_ONLY;
    while (number > target) /* a call beyond the last one: another thread is about to end us */
        pause();
    __atomic_store_n(&control->fired, number, __ATOMIC_SEQ_CST);
    return (int)control->mode;
}

static int is_counted(void)
{
    return control != NULL && __atomic_load_n(&control->armed, __ATOMIC_SEQ_CST);
}

static int is_counted_fd(int fd)
{
    return fd > STDERR_FILENO && is_counted();
}

static void half_done(void)
{
    __atomic_store_n(&control->torn, 1, __ATOMIC_SEQ_CST);
    die();
}

#define NEXT(name) \
    static __typeof__(name) *next; \
    if (next == NULL) \
        next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

/* What has no bytes that could be torn. */
#define WHOLE(kind, place, condition, call) \
    do { \
        int how, saved = errno; \
        if (!(condition)) \
            return call; \
        how = counted(kind, place, 0); \
        if (how == BEFORE || how == TORN) \
            die(); \
        errno = saved; \
        __typeof__(call) result = call; \
        if (how == AFTER) \
            die(); \
        return result; \
    } while (0)

/* What writes bytes: `half` is the same call with the first half of them. */
#define BYTES(kind, fd, bytes, call, half) \
    do { \
        int how, saved = errno; \
        if (!is_counted_fd(fd)) \
            return call; \
        how = counted(kind, place_of(fd), bytes); \
        if (how == TORN && (bytes) > 1) { \
            (void)!(half); \
            half_done(); \
        } \
        if (how == BEFORE || how == TORN) \
            die(); \
        errno = saved; \
        ssize_t result = call; \
        if (how == AFTER) \
            die(); \
        return result; \
    } while (0)

ssize_t write(int fd, const void *data, size_t bytes)
{
    NEXT(write);
    BYTES(WRITE, fd, bytes, next(fd, data, bytes), next(fd, data, bytes / 2));
}

ssize_t pwrite(int fd, const void *data, size_t bytes, off_t at)
{
    NEXT(pwrite);
    BYTES(WRITE, fd, bytes, next(fd, data, bytes, at), next(fd, data, bytes / 2, at));
}

ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t at)
{
    NEXT(pwrite64);
    BYTES(WRITE, fd, bytes, next(fd, data, bytes, at), next(fd, data, bytes / 2, at));
}

ssize_t send(int fd, const void *data, size_t bytes, int flags)
{
    NEXT(send);
    BYTES(SEND, fd, bytes, next(fd, data, bytes, flags), next(fd, data, bytes / 2, flags));
}

ssize_t sendto(int fd, const void *data, size_t bytes, int flags, const struct sockaddr *to,
               socklen_t length)
{
    NEXT(sendto);
    BYTES(SEND, fd, bytes, next(fd, data, bytes, flags, to, length),
          next(fd, data, bytes / 2, flags, to, length));
}

static size_t bytes_of(const struct iovec *parts, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += parts[i].iov_len;
    return bytes;
}

/* Fills `shorter` with the first half of the bytes; returns how many parts that are. */
static size_t first_half(const struct iovec *parts, size_t count, struct iovec *shorter)
{
    size_t left = bytes_of(parts, count) / 2, used = 0;
    for (size_t i = 0; i < count && i < IOV_MOST && left > 0; i++, used++) {
        shorter[i] = parts[i];
        if (shorter[i].iov_len > left)
            shorter[i].iov_len = left;
        left -= shorter[i].iov_len;
    }
    return used;
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    struct iovec shorter[IOV_MOST];
    NEXT(writev);
    BYTES(WRITE, fd, bytes_of(parts, (size_t)count), next(fd, parts, count),
          next(fd, shorter, (int)first_half(parts, (size_t)count, shorter)));
}

static ssize_t send_half(int fd, const struct msghdr *message, int flags,
                         ssize_t (*next)(int, const struct msghdr *, int))
{
    struct iovec shorter[IOV_MOST];
    struct msghdr half = *message;
    half.msg_iovlen = first_half(message->msg_iov, message->msg_iovlen, shorter);
    half.msg_iov = shorter;
    return next(fd, &half, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    NEXT(sendmsg);
    BYTES(SEND, fd, bytes_of(message->msg_iov, message->msg_iovlen), next(fd, message, flags),
          send_half(fd, message, flags, next));
}

int fsync(int fd)
{
    NEXT(fsync);
    WHOLE(SYNC, place_of(fd), is_counted_fd(fd), next(fd));
}

int fdatasync(int fd)
{
    NEXT(fdatasync);
    WHOLE(SYNC, place_of(fd), is_counted_fd(fd), next(fd));
}

int ftruncate(int fd, off_t length)
{
    NEXT(ftruncate);
    WHOLE(TRUNCATE, place_of(fd), is_counted_fd(fd), next(fd, length));
}

int ftruncate64(int fd, off64_t length)
{
    NEXT(ftruncate64);
    WHOLE(TRUNCATE, place_of(fd), is_counted_fd(fd), next(fd, length));
}

int truncate(const char *path, off_t length)
{
    NEXT(truncate);
    WHOLE(TRUNCATE, place_of_path(path), is_counted(), next(path, length));
}

int truncate64(const char *path, off64_t length)
{
    NEXT(truncate64);
    WHOLE(TRUNCATE, place_of_path(path), is_counted(), next(path, length));
}

int rename(const char *from, const char *to)
{
    NEXT(rename);
    WHOLE(RENAME, place_of_path(to), is_counted(), next(from, to));
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
    NEXT(renameat);
    WHOLE(RENAME, place_of_path(to), is_counted(), next(from_fd, from, to_fd, to));
}

int link(const char *from, const char *to)
{
    NEXT(link);
    WHOLE(RENAME, place_of_path(to), is_counted(), next(from, to));
}

int unlink(const char *path)
{
    NEXT(unlink);
    WHOLE(REMOVE, place_of_path(path), is_counted(), next(path));
}

int unlinkat(int fd, const char *path, int flags)
{
    NEXT(unlinkat);
    WHOLE(REMOVE, place_of_path(path), is_counted(), next(fd, path, flags));
}

int rmdir(const char *path)
{
    NEXT(rmdir);
    WHOLE(REMOVE, place_of_path(path), is_counted(), next(path));
}

int mkdir(const char *path, mode_t mode)
{
    NEXT(mkdir);
    WHOLE(CREATE, place_of_path(path), is_counted(), next(path, mode));
}

int mkdirat(int fd, const char *path, mode_t mode)
{
    NEXT(mkdirat);
    WHOLE(CREATE, place_of_path(path), is_counted(), next(fd, path, mode));
}

/* Opening counts where it makes a file or empties one. */
static int makes(int fd, const char *path, int flags)
{
    if (!(flags & (O_CREAT | O_TRUNC)) || !is_counted())
        return 0;
    return (flags & O_TRUNC) != 0 || syscall(SYS_faccessat, fd, path, F_OK) != 0;
}

static mode_t mode_of(int flags, va_list rest)
{
    int has = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    return has ? va_arg(rest, mode_t) : 0;
}

#define OPENS(name, fd, signature, call) \
    int name signature \
    { \
        va_list rest; \
        NEXT(name); \
        va_start(rest, flags); \
        mode_t mode = mode_of(flags, rest); \
        va_end(rest); \
        WHOLE(CREATE, place_of_path(path), makes(fd, path, flags), call); \
    }

OPENS(open, AT_FDCWD, (const char *path, int flags, ...), next(path, flags, mode))
OPENS(open64, AT_FDCWD, (const char *path, int flags, ...), next(path, flags, mode))
OPENS(openat, fd, (int fd, const char *path, int flags, ...), next(fd, path, flags, mode))
OPENS(openat64, fd, (int fd, const char *path, int flags, ...), next(fd, path, flags, mode))
