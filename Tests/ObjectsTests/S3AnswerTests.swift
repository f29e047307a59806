import EventLoop
import HTTP
import HTTPClient
import HTTPServer
import Primitives
import TestSupport
import Testing

@testable import Objects

@Suite("Answers that no object store should give", .timeLimit(.minutes(1)))
struct S3AnswerTests {
    /// Runs `body` with a store in front of a server that gives every request the same answer. A page may have two objects.
    @Net private func withStore(
        answering answer: String, _ status: HTTPStatus = 200, _ body: @Net (S3ObjectStore) async throws -> Void
    ) async throws {
        let bytes = Array(answer.utf8)
        let server = HTTPServer(.standIn(port: 0, bodyLimit: 1 << 20), name: "s3", logger: .silent) { _ in
            HTTPServerResponse(status, body: .bytes(bytes))
        }
        try server.start()
        let settings = S3Settings(
            endpoint: try HTTPURL(server.loopbackURL), bucket: "bucket", region: "here", accessKey: Secret("key"),
            secretKey: Secret("secret"))
        var sizes = S3ObjectStore.Sizes()
        sizes.page = 2
        try await body(
            S3ObjectStore(settings, setting: "objects.s3", client: HTTPClient(), sizes: sizes, pause: .zero))
        await server.stop()
    }

    private static func object(size: String = "1", modified: String = "2026-11-25T12:00:00.500Z") -> String {
        "<Contents><Key>a</Key><LastModified>\(modified)</LastModified><Size>\(size)</Size></Contents>"
    }

    private static func page(_ objects: String) -> [UInt8] {
        Array("<ListBucketResult>\(objects)</ListBucketResult>".utf8)
    }

    /// Sorting these by their classes takes the square of their number.
    private static func marks(_ count: Int) -> String {
        let marks = ["\u{345}", "\u{301}", "\u{316}", "\u{334}"]
        return "a" + (0..<count).map { marks[$0 % 4] }.joined()
    }

    @Test("an answer of very many marks is searched quickly", arguments: [200, 403]) @Net
    func manyMarks(_ status: Int) async throws {
        let marks = Self.marks(300_000)
        let answer = status == 200 ? marks : "<Error><Code>\(marks)</Code></Error>"
        try await self.withStore(answering: answer, HTTPStatus(status)) { store in
            let error = await #expect(throws: ObjectStoreError.self) { _ = try await store.page(below: "", after: nil) }
            expectEqual(error?.code, .refused)
            expectEqual(error?.message.utf8.count ?? .max < 2_000, true)
        }
    }

    @Test("a listing that does not end is refused: empty pages, one page again and again, pages that are too long") @Net
    func endless() async throws {
        for count in [0, 1, 3] {
            let objects = String(repeating: Self.object(), count: count)
            let end = "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>"
            let answer = String(decoding: Self.page(objects + end), as: UTF8.self)
            try await self.withStore(answering: answer) { store in
                let error = await #expect(throws: ObjectStoreError.self) {
                    for try await _ in store.objects(below: "") { try Task.checkCancellation() }
                }
                expectEqual(error?.code, .refused)
                await #expect(throws: ObjectStoreError.self) { try await store.deleteAll(below: "") }
            }
        }
    }

    @Test(
        "a size that no object has makes a listing unreadable",
        arguments: ["-1", "\(1 << 50 + 1)", "\(Int.max)", "x", ""])
    func sizes(_ size: String) {
        expectEqual(S3XML.page(Self.page(Self.object(size: size))), nil)
        expectEqual(S3XML.page(Self.page(Self.object(size: "\(1 << 50)")))?.objects.map(\.size), [1 << 50])
    }

    @Test("any time of an object fits 64 bits in nanoseconds", arguments: ["0000-01-01", "1600-01-01", "9999-12-31"])
    func times(_ day: String) throws {
        let page = try #require(S3XML.page(Self.page(Self.object(modified: "\(day)T00:00:00Z"))))
        expectEqual(page.objects[0].modified.multipliedReportingOverflow(by: 1_000_000).overflow, false)
        expectEqual(page.objects[0].modified > 0, day > "2")
    }

    /// Lists the same objects for ever, with another token each time.
    private struct Endless: ObjectStore {
        let name = "endless"
        let objects: [ObjectFacts]

        func place(of key: String) -> String { key }

        func put(_ content: ObjectContent, at key: String, ifAbsent: Bool) async throws -> Bool { false }

        func get(_ key: String, range: Range<Int>?) async throws -> ObjectBytes? { nil }

        func facts(of key: String) async throws -> ObjectFacts? { nil }

        func page(below prefix: String, after token: String?) async throws -> ObjectPage {
            try Task.checkCancellation()
            return ObjectPage(objects: self.objects, next: (token ?? "") + "x")
        }

        func copy(_ key: String, to other: String) async throws -> Bool { false }

        func delete(_ key: String) async throws {}
    }

    @Test("a listing ends where its keys or its sizes exceed what can be counted", arguments: [1 << 20, 1])
    func total(_ length: Int) async throws {
        let facts = ObjectFacts(
            key: String(repeating: "k", count: length), size: length == 1 ? .max : 1, modified: .max)
        let store = Endless(objects: Array(repeating: facts, count: length == 1 ? 1 : 100))
        var (count, size) = (0, 0)
        do {
            for try await object in store.objects(below: "") {
                count += 1
                size += object.size
            }
            Issue.record("it ended")
        } catch let error as ObjectStoreError {
            expectEqual(error.code, .refused)
        }
        expectEqual(count, length == 1 ? 1 : 1_000)
        expectEqual(size, length == 1 ? 1 << 50 : 1_000)
        await #expect(throws: ObjectStoreError.self) { try await store.deleteAll(below: "") }
    }
}
