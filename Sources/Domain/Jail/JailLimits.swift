// Change: a jail's limits
/// The limits of one jail. Sizes are in bytes.
package struct JailLimits: Sendable, Equatable {
    package var memory: Int
    package var processes: Int
    /// The maximum size of one file.
    package var fileSize: Int
    package var openFiles: Int
    /// The maximum processor time of each process, in seconds.
    package var processorSeconds: Int
    /// The share of the machine's processors: 1 is one whole processor.
    package var processors: Double
    /// The maximum size of the workspace.
    package var disk: Int
    /// The maximum number of files and folders in the workspace.
    package var files: Int

    package init(
        memory: Int = 512 << 20, processes: Int = 64, fileSize: Int = 64 << 20, openFiles: Int = 1_024,
        processorSeconds: Int = 600, processors: Double = 1, disk: Int = 1 << 30, files: Int = 200_000
    ) {
        self.memory = memory
        self.processes = processes
        self.fileSize = fileSize
        self.openFiles = openFiles
        self.processorSeconds = processorSeconds
        self.processors = processors
        self.disk = disk
        self.files = files
    }
}

extension JailLimits {
    /// Processes of the jail itself, which do not count as the session's: Bubblewrap outside, init, the shell and its
    /// guard.
    static let ownProcesses = 4
}
