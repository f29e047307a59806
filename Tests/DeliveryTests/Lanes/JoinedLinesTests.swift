import Chat
import TestSupport
import Testing

@testable import Delivery

@Suite("Lines that are one post")
struct JoinedLinesTests {
    private static func traits(_ joined: RoomTraits.JoinedLines?) -> RoomTraits {
        RoomTraits(textLimit: 100, textUnit: .bytes, isMultiline: false, joined: joined, answerMessages: 60)
    }

    private static func posts(_ pieces: [String], joins: Bool = true, _ joined: RoomTraits.JoinedLines? = .standard)
        -> [String]
    {
        var poster = AnswerPoster(traits: Self.traits(joined), renderer: PlainMarkdownRenderer())
        poster.joinsLines = joins
        var answer: [UInt8] = []
        var posts: [String] = []
        for piece in pieces {
            answer += piece.utf8
            posts += poster.append(piece, to: answer)
        }
        return posts + poster.rest(of: answer)
    }

    private static let long = Array(repeating: "word", count: 100).joined(separator: " ")

    @Test("the lines of what is posted at once are one post, and a long one is not cut")
    func joined() {
        func posts(_ answer: String, _ joined: RoomTraits.JoinedLines?) -> [String] {
            var poster = AnswerPoster(traits: Self.traits(joined), renderer: PlainMarkdownRenderer())
            return poster.rest(of: Array(answer.utf8))
        }
        let answer = "- one\n- two\n\nFour \(Self.long)"
        expectEqual(posts(answer, .standard), ["- one\n- two\nFour \(Self.long)"])
        expectEqual(posts("one\n\ntwo", nil), ["one", "two"])
        #expect(posts(answer, nil).count > 6)
    }

    @Test("a post has at most twenty lines and 3,000 bytes")
    func limits() {
        let traits = Self.traits(.standard)
        let lines = (1...45).map { "\($0)" }
        expectEqual(traits.posts(of: lines).map { $0.split(separator: "\n").count }, [20, 20, 5])
        let long = Array(repeating: String(repeating: "x", count: 1_400), count: 5)
        expectEqual(traits.posts(of: long).map { $0.split(separator: "\n").count }, [2, 2, 1])
        expectEqual(traits.posts(of: []), [])
    }

    @Test("however an answer arrives, its lines are the same: so much of it was posted before a crash")
    func lines() {
        let text = "one\n\n- two\n- \(Self.long)\n\n```\na\nb\n```\n\nlast"
        let lines = Self.posts([text], joins: false)
        for pieces in [
            text.map(String.init), text.split(separator: "\n", omittingEmptySubsequences: false).map { "\($0)\n" },
        ] {
            expectEqual(Self.posts(pieces, joins: false), lines)
            expectEqual(Self.posts(pieces).flatMap { $0.split(separator: "\n").map(String.init) }, lines)
        }
    }
}
