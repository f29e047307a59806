package import Files
internal import Primitives

/// A voice note as the endpoint takes it. Pure.
///
/// OpenAI's limits: https://platform.openai.com/docs/api-reference/audio/createTranscription
package struct VoiceNote: Sendable, Equatable {
    /// In bytes, with the rest of the request.
    package static let sizeLimit = 25 << 20
    /// In seconds, where the file says how long it is.
    package static let lengthLimit = 600

    /// Its ending tells the endpoint the format.
    package let name: String
    package let mediaType: String
    package let bytes: [UInt8]

    /// Throws ``FileFailure`` for a file that no endpoint takes.
    package init(_ bytes: [UInt8], of file: ReceivedFile) throws {
        guard let format = Self.format(of: file, head: bytes.prefix(16)) else {
            throw FileFailure(reason: SpeechTexts.format(file.shownType))
        }
        if let seconds = OggAudio.seconds(of: bytes), seconds > Self.lengthLimit {
            throw FileFailure(reason: SpeechTexts.tooLong(Self.lengthLimit))
        }
        (self.name, self.mediaType) = ("voice.\(format.ending)", format.mediaType)
        self.bytes = bytes
    }

    private typealias Format = (ending: String, mediaType: String)

    private static let formats: [Format] = [
        ("ogg", "audio/ogg"), ("mp3", "audio/mpeg"), ("mp4", "video/mp4"), ("wav", "audio/wav"), ("webm", "audio/webm"),
        ("flac", "audio/flac"),
    ]

    private static func format(of file: ReceivedFile, head: ArraySlice<UInt8>) -> Format? {
        func named(_ ending: String) -> Format? { self.formats.first { $0.ending == ending } }
        switch file.type {
        case .ogg: return named("ogg")
        case .mp4: return named("mp4")
        case .html, .png, .jpeg, .gif, .webp, .pdf, .zip: return nil
        default: break
        }
        // Matroska, of which WebM is a part, and the frames of MP3 with and without its tag.
        if head.starts(with: [0x1A, 0x45, 0xDF, 0xA3]) { return named("webm") }
        if head.starts(with: Array("fLaC".utf8)) { return named("flac") }
        if head.starts(with: Array("RIFF".utf8)), head.dropFirst(8).starts(with: Array("WAVE".utf8)) {
            return named("wav")
        }
        let isFrame = head.first == 0xFF && head.dropFirst().first.map { $0 & 0xE0 == 0xE0 } == true
        return head.starts(with: Array("ID3".utf8)) || isFrame ? named("mp3") : nil
    }
}

/// The length of Ogg Opus, as Telegram and Matrix record voice notes. Pure.
///
/// The last page says how many samples precede it: https://www.rfc-editor.org/rfc/rfc7845#section-4
package enum OggAudio {
    private static let rate: Int64 = 48_000
    /// The longest page, in bytes: https://www.rfc-editor.org/rfc/rfc3533#section-6
    private static let pageLimit = 65_307

    /// Nil for other formats.
    package static func seconds(of bytes: [UInt8]) -> Int? {
        guard bytes.starts(with: Array("OggS".utf8)),
            bytes.prefix(1_024).firstRange(of: Array("OpusHead".utf8)) != nil,
            let page = Self.lastPage(of: bytes)
        else { return nil }
        let samples = bytes[(page + 6)..<(page + 14)].reversed().reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return samples < 0 ? nil : Int(samples / Self.rate)
    }

    private static func lastPage(of bytes: [UInt8]) -> Int? {
        let mark = Array("OggS".utf8)
        var place = bytes.count - 27
        while place >= max(0, bytes.count - Self.pageLimit) {
            if bytes[place] == mark[0], bytes[place...].starts(with: mark) { return place }
            place -= 1
        }
        return nil
    }
}
