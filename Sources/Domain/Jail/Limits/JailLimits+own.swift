extension JailLimits {
    /// Processes of the jail itself, which do not count as the session's: Bubblewrap outside, init, the shell and its
    /// guard.
    static let ownProcesses = 4
}
