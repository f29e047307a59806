import HTTP
import Primitives
import TestSupport
import Testing

@testable import Git

@Suite("How slow a transfer may be", .timeLimit(.minutes(1)))
struct GitPaceTests {
    /// Has a branch, and instead of its commits sends what keeps the connection open.
    private struct HangingServer: GitHTTP {
        func send(_ request: GitHTTPRequest) async throws -> GitHTTPResponse {
            let isFirst = if case .none = request.body { true } else { false }
            let line = "\(String(repeating: "1", count: 40)) refs/heads/a\0 side-band-64k ofs-delta\n"
            let length = String(line.utf8.count + 4, radix: 16)
            let beginning =
                isFirst ? "001e# service=git-upload-pack\n000000\(length)\(line)0000" : "0008NAK\n"
            let isBegun = Protected(false)
            return GitHTTPResponse(
                status: 200,
                headers: ["Content-Type": "application/x-git-upload-pack-\(isFirst ? "advertisement" : "result")"]
            ) {
                let isLater = isBegun.withLock { isBegun in
                    defer { isBegun = true }
                    return isBegun
                }
                guard isLater else { return Array(beginning.utf8) }
                if isFirst { return nil }
                try await Task.sleep(for: .milliseconds(1))
                return Array("0005\u{1}".utf8)
            }
        }
    }

    @Test("a server that only keeps the connection open is left")
    func keepAlive() async throws {
        let folder = try TemporaryDirectory()
        let mirror = GitRepository(path: folder.path + "/mirror.git")
        try await mirror.createMirror()
        let remote = GitRemote(
            url: try GitRemoteURL("https://example.org/a.git"), http: HangingServer(), period: .milliseconds(50))
        let refused = await HostileTrees.refusal { _ = try await remote.fetch(into: mirror) }
        #expect(refused.contains("moved less than 1 KB a second"), "\(refused)")
    }

    @Test("transfers with a server that hangs leave threads to those with others")
    func share() async throws {
        let end = GitSemaphore()
        let running = Protected(0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await GitNetwork.run(with: "hangs.example.org") {
                        running.withLock { $0 += 1 }
                        end.wait()
                    }
                }
            }
            try await eventually("as many run as may") { running.withLock { $0 } >= 3 }
            let now = try await GitNetwork.run(with: "example.org") { running.withLock { $0 } }
            expectEqual(now, 3)
            for _ in 0..<6 { end.signal() }
            try await group.waitForAll()
        }
        expectEqual(running.withLock { $0 }, 6)
    }

    /// Why a transfer ends that moves by `step` in each period; nil if it does not within `periods`.
    private static func end(
        within periods: Int, _ step: @escaping (inout GitProgress) -> Void = { _ in },
        server work: (GitTransfer) -> Void = { _ in }
    ) async throws -> String? {
        let server = GitServer(
            url: try GitRemoteURL("https://example.org/a.git"), access: .none, session: nil, address: "")
        let transfer = GitTransfer(server)
        var count = 0
        await transfer.watch {
            count += 1
            guard count <= periods else { throw CancellationError() }
            transfer.report(step)
            work(transfer)
        }
        #expect(transfer.isCancelled == (transfer.timeout != nil))
        return transfer.timeout?.message
    }

    @Test("a server may work for half an hour before it sends, and after a push")
    func work() async throws {
        for work in [{ $0.noteMessage(of: 20) }, { $0.noteSent() }] as [(GitTransfer) -> Void] {
            try await expectEqual(Self.end(within: 6, server: work), nil)
            try await expectEqual(Self.end(within: 7, server: work)?.contains("less than 1 KB a second"), true)
        }
    }

    @Test("a large repository arrives over a slow line, and may be unpacked slowly; no transfer takes for ever")
    func pace() async throws {
        // 2 GB at 500 KB a second.
        try await expectEqual(Self.end(within: 14) { $0.bytes += 150_000_000 }, nil)
        try await expectEqual(Self.end(within: 14) { $0.deltas += 1 }, nil)
        let slow = try await Self.end(within: 14) { $0.bytes += 299_999 }
        #expect(slow?.contains("less than 1 KB a second") == true)
        let endless = try await Self.end(within: 100) { $0.bytes += 300_000 }
        #expect(endless?.contains("over four hours") == true)
    }
}
