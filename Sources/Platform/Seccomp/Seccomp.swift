/// Compiles deny lists of system calls to programs for the kernel (libseccomp).
enum Seccomp {}
