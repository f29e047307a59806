/// What one jail may use. Sizes in bytes.
package struct JailLimits: Sendable, Equatable {
    package var memory: Int
    package var processes: Int
    /// Of each file.
    package var fileSize: Int
    package var openFiles: Int
    /// Seconds of processor time of each process.
    package var processorSeconds: Int
    /// The share of the machine's processors: 1 is one whole processor.
    package var processors: Double
    /// Of the workspace.
    package var disk: Int
    /// Files and folders of the workspace.
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
