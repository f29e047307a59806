internal import EventLoop
internal import Primitives

/// Translates a stream on the loop, or off it where a step may take long: an event may have megabytes, and the events
/// at the end of a response repeat all of it.
@Net
final class StreamTranslator {
    /// More bytes in one step would keep all other connections waiting.
    private static let mostOnLoop = 256 << 10

    /// Locked for a whole step, during which nobody else needs it. It is not given to the task and taken back, because
    /// that would copy what has arrived of an event.
    private let translation: Protected<any StreamTranslation>
    /// Whether a step is under way off the loop. Until it ends, no other may begin.
    private(set) var isBusy = false

    init(_ translation: any StreamTranslation) { self.translation = Protected(translation) }

    var hasEnded: Bool { self.translation.withLock { $0.hasEnded } }
    var fault: AnswerFault? { self.translation.withLock { $0.fault } }

    /// Whether translating these bytes belongs off the loop; without bytes, whether the end does.
    func takesLong(_ bytes: [UInt8] = []) -> Bool {
        self.translation.withLock { $0.held } + bytes.count > Self.mostOnLoop
    }

    func feed(_ bytes: [UInt8]) -> [UInt8] { self.translation.withLock { $0.feed(bytes) } }

    func finish() -> [UInt8] { self.translation.withLock { $0.finish() } }

    /// Translates off the loop, then calls `take` on it with the result.
    ///
    /// - Parameter bytes: Nil for the end of the stream.
    func translateApart(_ bytes: [UInt8]?, _ take: @escaping @Net ([UInt8]) -> Void) {
        self.isBusy = true
        let translation = self.translation
        // Unstructured, because whoever sends the answer cannot wait. One step has a limit, so it ends by itself.
        Task(name: "translation") {
            let output = await Self.translated(bytes, by: translation)
            self.isBusy = false
            take(output)
        }
    }

    @concurrent private static func translated(
        _ bytes: [UInt8]?, by translation: Protected<any StreamTranslation>
    ) async -> [UInt8] {
        translation.withLock { translation in
            if let bytes { translation.feed(bytes) } else { translation.finish() }
        }
    }
}
