import EventLoop
import HTTP
import TestSupport
import Testing

@testable import Gateway
@testable import HTTPServer

@Suite("The room of a webhook", .timeLimit(.minutes(1)))
struct HookRoomTests {
    private static func request(from peer: String, _ body: RequestBody) throws -> HTTPServerRequest {
        var parser = RequestParser()
        let head = try parser.parse(Array("POST /hooks/slack/team HTTP/1.1\r\nHost: b.example\r\n\r\n".utf8).span).head
        return HTTPServerRequest(
            head: try #require(head), body: body, remoteAddress: SocketAddress(host: peer, port: 9))
    }

    private static func status(_ room: HookRoom, _ request: HTTPServerRequest) async throws -> HTTPStatus {
        do {
            return try await room.taking(request, upTo: 1 << 20) { _ in .text("") }.status
        } catch let problem as HTTPProblem {
            return problem.status
        }
    }

    @Test("bodies that do not end keep nobody out: the oldest goes", arguments: ["192.0.2.1", "192.0.2.3"])
    func slow(_ last: String) async throws {
        let room = HookRoom(limit: 10 << 12, wait: .seconds(30), grace: .zero)
        var slow: [Task<HTTPStatus, any Error>] = []
        for (number, peer) in ["192.0.2.1", "192.0.2.2"].enumerated() {
            let body = BodyStream(highWater: 1 << 20)
            _ = await body.pipe.offer([UInt8](repeating: 0x78, count: 5 << 12))
            let request = try Self.request(from: peer, RequestBody(body))
            // Both are under way while the others come.
            slow.append(Task { try await Self.status(room, request) })
            try await eventually("it has its room") { !room.all.hasRoom((11 - 5 * (number + 1)) << 12, for: "") }
        }
        let small = try Self.request(from: last, RequestBody([0x78]))
        try await expectEqual(Self.status(room, small), .ok)
        try await expectEqual(slow[0].value, .serviceUnavailable)
        slow[1].cancel()
        _ = try? await slow[1].value
        #expect(room.all.hasRoom(10 << 12, for: ""))
    }
}
