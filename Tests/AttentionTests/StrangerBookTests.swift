import Chat
import TestSupport
import Testing

@testable import Attention

@Suite("Which strangers are looked at")
struct StrangerBookTests {
    private static let network = AdapterID("fake:one")

    /// Which of these are looked up: identities and times.
    private static func met(_ all: [(String, Int64)], in book: inout StrangerBook) -> [Bool] {
        all.map { book.mayMeet($0.0, on: Self.network, at: $0.1) }
    }

    @Test("everybody once a day, and so many of a network in an hour")
    func limits() {
        var book = StrangerBook()
        expectEqual(Self.met([("a", 0), ("a", 1)], in: &book), [true, false])
        let met = Self.met((0..<100).map { ("s\($0)", 2) }, in: &book).count(where: \.self)
        expectEqual(met, StrangerBook.limit - 1)
        expectEqual(book.mayMeet("other", on: AdapterID("fake:two"), at: 3), true)
        expectEqual(
            Self.met([("s99", StrangerBook.hour), ("a", StrangerBook.day - 1), ("a", StrangerBook.day)], in: &book),
            [true, false, true])
    }

    @Test("a clock that goes back keeps nobody out")
    func clock() {
        var book = StrangerBook()
        expectEqual(Self.met([("a", 1_000_000), ("a", 1)], in: &book), [true, true])
    }
}
