internal import Chat
internal import Crypto
package import Files
package import Jail

/// Makes people's files readable for models: scales images, and takes the text out of documents. Whatever has to be
/// decoded for that is opened in a jail, and what came out of it is kept among the thread's files by the digest of the file
/// and the settings.
package struct ReceivedFileReader: FileReading {
    private let files: any FileStore
    private let settings: ReadingSettings
    private let jail: ReadingJail

    /// - Parameters:
    ///   - directory: For files that are open; its parent must exist, and nothing else may be in it.
    ///   - means: What the machine offers for jails.
    package init(
        files: any FileStore, directory: String, settings: ReadingSettings,
        means: @escaping @Sendable () async -> JailMeans
    ) {
        self.files = files
        self.settings = settings
        self.jail = ReadingJail(directory: directory, means: means)
    }

    package func read(_ file: ReceivedFile, in session: String) async throws -> ReceivedFile {
        var read = file
        do {
            switch ReadingPlan(for: file, self.settings) {
            case .none: break
            case .refuse(let reason): throw FileFailure(reason: reason)
            case .cut:
                let bytes = try await self.files.bytes(of: file.stored, in: session)
                read.text = DocumentText.shown(bytes, isWhole: true, limit: self.settings.documents)
            case .convert(let program, let isOptional):
                do {
                    read = try await self.converted(file, by: program, in: session)
                } catch let unavailable as ReadingJail.Unavailable {
                    if !isOptional { throw FileFailure(reason: unavailable.reason) }
                }
            }
        } catch let failure as FileFailure {
            read.failure = failure
        }
        return read
    }

    private func converted(
        _ file: ReceivedFile, by program: ReadingProgram, in session: String
    ) async throws -> ReceivedFile {
        let bytes = try await self.files.bytes(of: file.stored, in: session)
        let name = Self.prefix + self.key(of: bytes, program)
        var converted = file
        if let known = try await self.files.files(prefix: name, in: session).first {
            let kept = try await self.files.bytes(of: known.name, in: session)
            switch program {
            case .picture: converted.shown = Self.image(kept, named: known.name, of: file)
            case .pdf, .document, .richText: converted.text = String(decoding: kept, as: UTF8.self)
            }
            if converted.shown != nil || !converted.text.isEmpty { return converted }
        }
        let output = try await self.jail.run(program, on: bytes, self.settings)
        if program == .picture {
            guard let image = Self.image(output.bytes, named: name, of: file) else {
                throw FileFailure(reason: ReadingTexts.damaged)
            }
            try await self.files.keep(output.bytes, as: name, in: session)
            converted.shown = image
        } else {
            converted.text = DocumentText.shown(
                output.bytes, isWhole: !output.isCut, limit: self.settings.documents)
            guard !converted.text.isEmpty else { throw FileFailure(reason: ReadingTexts.noText) }
            try await self.files.keep(Array(converted.text.utf8), as: name, in: session)
        }
        return converted
    }

    // MARK: What is kept

    /// No other name in a session's folder begins so.
    private static let prefix = "shown-"
    /// Another one makes everything anew.
    private static let version = 1

    private func key(of bytes: [UInt8], _ program: ReadingProgram) -> String {
        let limit = program == .picture ? self.settings.images : self.settings.documents
        return hex(sha256("\(Self.version) \(program.rawValue) \(limit) \(hex(sha256(bytes)))"))
    }

    private static func image(_ bytes: [UInt8], named name: String, of file: ReceivedFile) -> SentImage? {
        let type = FileType.sniff(bytes)
        guard [.png, .jpeg].contains(type), let pixels = ImagePixels(type, head: bytes) else { return nil }
        return SentImage(
            file: name, name: file.name, mediaType: type.mediaType, size: bytes.count, width: pixels.width,
            height: pixels.height)
    }
}
