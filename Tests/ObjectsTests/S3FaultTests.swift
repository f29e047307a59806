import EventLoop
import Glibc
import HTTP
import HTTPClient
import HTTPServer
import Primitives
import TestSupport
import Testing

@testable import Objects

/// A server that speaks as much of S3 as downloads need, and cuts them.
@Net private final class CuttingServer {
    private(set) var requests: [(range: String?, condition: String?)] = []
    /// How many answers are cut, each after half of its bytes.
    var cuts = 0
    /// Answers with this status instead, so many times.
    var refusals: [HTTPStatus] = []
    var tag = "\"1\""
    /// Whether an object changes after it was cut.
    var changes = false
    private let bytes: [UInt8]
    private var server: HTTPServer?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Runs `body` with a store in front of it.
    func run(_ body: @Net (S3ObjectStore) async throws -> Void) async throws {
        let server = HTTPServer(.standIn(port: 0, bodyLimit: 1 << 20), name: "s3", logger: .silent) {
            [weak self] request in
            guard let self else { throw CancellationError() }
            return try await self.answer(request)
        }
        try server.start()
        self.server = server
        try await body(Self.store(server.loopbackURL))
        await server.stop()
    }

    /// In front of a server at this address.
    static func store(_ address: String) throws -> S3ObjectStore {
        let settings = S3Settings(
            endpoint: try HTTPURL(address), bucket: "bucket", region: "here", accessKey: Secret("key"),
            secretKey: Secret("secret"))
        return S3ObjectStore(settings, setting: "objects.s3", client: HTTPClient(), sizes: .init(), pause: .zero)
    }

    private func answer(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let range = request.headers["Range"]
        self.requests.append((range, request.headers["If-Match"]))
        if !self.refusals.isEmpty { return HTTPServerResponse(self.refusals.removeFirst()) }
        if let wanted = request.headers["If-Match"], wanted != self.tag { return HTTPServerResponse(412) }
        let start = range.flatMap { Int($0.dropFirst("bytes=".count).split(separator: "-")[0]) } ?? 0
        let part = Array(self.bytes[start...])
        var answer = HTTPServerResponse(range == nil ? 200 : 206)
        answer.headers.append("ETag", self.tag)
        answer.headers.append("Content-Length", "\(part.count)")
        if range != nil {
            answer.headers.append("Content-Range", "bytes \(start)-\(self.bytes.count - 1)/\(self.bytes.count)")
        }
        let isCut = self.cuts > 0
        if isCut {
            self.cuts -= 1
            if self.changes { self.tag = "\"2\"" }
        }
        answer.body = .stream { writer in
            try await writer.write(isCut ? Array(part.prefix(part.count / 2)) : part)
            if isCut { throw CancellationError() }
        }
        return answer
    }
}

@Suite("Downloads from S3 that fail", .timeLimit(.minutes(2)))
struct S3FaultTests {
    private static let bytes = StoreContract.noise(1 << 20)

    @Test("a download continues where it was cut, if the object is still the same") @Net
    func cut() async throws {
        let server = CuttingServer(Self.bytes)
        try await server.run { store in
            server.cuts = 2
            let read = try await store.get("a")?.collect(upTo: 2 << 20)
            expectEqual(read, Self.bytes)
            expectEqual(server.requests.count, 3)
            expectEqual(server.requests[1].range, "bytes=\(1 << 19)-\((1 << 20) - 1)")
            expectEqual(server.requests[1].condition, "\"1\"")
            server.cuts = 1
            server.changes = true
            let error = await #expect(throws: ObjectStoreError.self) {
                _ = try await store.get("a")?.collect(upTo: 2 << 20)
            }
            expectEqual(error?.code, .damaged)
        }
    }

    @Test("what is cut again and again is given up") @Net
    func givenUp() async throws {
        let server = CuttingServer(Self.bytes)
        try await server.run { store in
            server.cuts = 100
            let error = await #expect(throws: ObjectStoreError.self) {
                _ = try await store.get("a")?.collect(upTo: 2 << 20)
            }
            expectEqual(error?.code, .unavailable)
            expectEqual(server.requests.count, S3Client.attempts)
        }
    }

    @Test("an overloaded server is asked again; a refusal is final") @Net
    func refusals() async throws {
        let server = CuttingServer(Self.bytes)
        try await server.run { store in
            server.refusals = [503, 500]
            let read = try await store.get("a")?.collect(upTo: 2 << 20)
            expectEqual(read, Self.bytes)
            expectEqual(server.requests.count, 3)
            server.refusals = [403]
            let error = await #expect(throws: ObjectStoreError.self) { _ = try await store.get("a") }
            #expect(error?.code == .refused && server.requests.count == 4)
        }
    }

    @Test(
        "a length that no object has is refused", arguments: ExtremeNumbers.all.filter { !(0...1).contains($0) }) @Net
    func absurdLengths(_ length: Int64) async throws {
        let server = try ScriptedServer(
            sending:
                "HTTP/1.1 206 Partial Content\r\nContent-Length: \(length)\r\nContent-Range: bytes 1-1/\(length)\r\n\r\na"
        )
        let store = try CuttingServer.store("http://127.0.0.1:\(server.port)")
        let error = await #expect(throws: ObjectStoreError.self) { _ = try await store.get("a", range: 1..<2) }
        expectEqual(error?.code, length > 0 ? .refused : .unavailable, "\(error.debugDescription)")
    }

    @Test("whoever does not read on stops the server") @Net
    func pressure() async throws {
        let server = CuttingServer([UInt8](repeating: 7, count: 64 << 20))
        try await server.run { store in
            let bytes = try #require(try await store.get("a"))
            var iterator = bytes.makeAsyncIterator()
            let first = try #require(try await iterator.next())
            #expect(first.count < 8 << 20)
        }
    }
}
