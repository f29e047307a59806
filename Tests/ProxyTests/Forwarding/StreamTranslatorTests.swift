import EventLoop
import Glibc
import TestSupport
import Testing

@testable import Proxy

@Suite("Where a stream is translated", .timeLimit(.minutes(1)))
@Net
struct StreamTranslatorTests {
    /// Says of each step whether it ran on the loop.
    private struct Probe: StreamTranslation {
        let loop: pthread_t
        var held = 0
        var hasEnded: Bool { false }
        var fault: AnswerFault? { nil }

        private var place: [UInt8] { [pthread_equal(pthread_self(), self.loop) != 0 ? 1 : 0] }

        mutating func feed(_ bytes: [UInt8]) -> [UInt8] {
            self.held += bytes.count
            return self.place
        }

        mutating func finish() -> [UInt8] { self.place }
    }

    private static func apart(_ translator: StreamTranslator, _ bytes: [UInt8]?) async -> [UInt8] {
        await withCheckedContinuation { done in
            translator.translateApart(bytes) { done.resume(returning: $0) }
            #expect(translator.isBusy)
        }
    }

    @Test("what takes long does not run on the loop: many bytes, and what follows many")
    func places() async {
        let translator = StreamTranslator(Probe(loop: pthread_self()))
        #expect(!translator.takesLong([0]) && !translator.takesLong())
        expectEqual(translator.feed([0]), [1])
        let long = [UInt8](repeating: 0, count: 256 << 10)
        #expect(translator.takesLong(long))
        await expectEqual(Self.apart(translator, long), [0])
        #expect(!translator.isBusy && translator.takesLong())
        await expectEqual(Self.apart(translator, nil), [0])
    }

    @Test("an event that is incomplete and an answer that may be repeated count")
    func held() {
        var stream = AnswerStream(from: .chat, to: .responses, AnswerContext())
        let text = String(repeating: "a", count: 300_000)
        _ = stream.feed(Array(#"data: {"choices":[{"delta":{"content":"\#(text)"#.utf8))
        #expect(stream.held >= 300_000)
        _ = stream.feed(Array("\"}}]}\n\n".utf8))
        #expect(stream.held >= 300_000)
        expectEqual(UnchangedStream().held, 0)
    }
}
