internal import Crypto
package import Files

/// Writes down voice notes, and keeps each text among the thread's files by the digest of the note: a turn that begins again
/// asks for it no second time.
package struct VoiceNotes: VoiceReading {
    private let files: any FileStore
    private let client: SpeechClient

    package init(files: any FileStore, client: SpeechClient) {
        self.files = files
        self.client = client
    }

    /// No other name in a session's folder begins so.
    private static let prefix = "heard-"

    package func read(_ file: ReceivedFile, in session: String) async throws -> Transcript {
        guard file.size <= VoiceNote.sizeLimit else {
            throw FileFailure(reason: SpeechTexts.tooLarge(VoiceNote.sizeLimit))
        }
        let note = try VoiceNote(try await self.files.bytes(of: file.stored, in: session), of: file)
        let name = Self.prefix + hex(sha256("\(self.client.settings.model) \(hex(sha256(note.bytes)))"))
        if let known = try await self.files.files(prefix: name, in: session).first {
            let kept = try await self.files.bytes(of: known.name, in: session)
            if !kept.isEmpty { return Transcript(text: String(decoding: kept, as: UTF8.self)) }
        }
        let transcript = try await self.client.transcribe(note)
        do {
            try await self.files.keep(Array(transcript.text.utf8), as: name, in: session)
        } catch is FileFailure {
            // The disk is full: only a repeat would need it.
        }
        return transcript
    }
}
