internal import Glibc

package enum OpenFileLimit {
    /// Raises the process's limit to what the system allows: each stream takes two descriptors, and a shell's limit is
    /// often 1024.
    package static func raise() {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = min(limit.rlim_max, 65_536)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}
