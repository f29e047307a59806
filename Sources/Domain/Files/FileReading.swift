/// Makes people's files readable for models.
package protocol FileReading: Sendable {
    /// The file with what a model gets of it: its text, an image in its place, or the reason why neither. Throws only
    /// `CancellationError`.
    func read(_ file: ReceivedFile, in session: String) async throws -> ReceivedFile
}

extension FileReading {
    /// Reads the files of a question; `lines` tell people what the model does not get.
    package func read(
        _ files: [ReceivedFile], in session: String
    ) async throws -> (files: [ReceivedFile], lines: [String]) {
        var all: [ReceivedFile] = []
        var lines: [String] = []
        for file in files {
            var read = try await self.read(file, in: session)
            if let reason = read.failure?.reason {
                let failure = FileFailure(reason: file.isPlaced ? FileTexts.isPlaced(reason) : reason)
                read.failure = failure
                lines.append(FileTexts.failed(file.name, failure))
            }
            all.append(read)
        }
        return (all, lines)
    }
}
