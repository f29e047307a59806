import HTTP
import Primitives
import TestSupport
import Testing

@testable import Git

@Suite("What a server says before it is asked", .timeLimit(.minutes(1)))
struct GitAdvertisementTests {
    /// Advertises the same references again and again.
    private struct Flooding: GitHTTP {
        let piece: [UInt8]
        let count: Int

        func send(_ request: GitHTTPRequest) async throws -> GitHTTPResponse {
            let sent = Protected(-1)
            let (piece, count) = (self.piece, self.count)
            return GitHTTPResponse(
                status: 200, headers: ["Content-Type": "application/x-git-upload-pack-advertisement"]
            ) {
                let number = sent.withLock { number -> Int in
                    number += 1
                    return number
                }
                if number == 0 { return Array("001e# service=git-upload-pack\n0000".utf8) }
                if number <= count { return piece }
                return number == count + 1 ? Array("0000".utf8) : nil
            }
        }
    }

    private static func line(_ name: String) -> String {
        let line = "\(String(repeating: "1", count: 40)) refs/heads/\(name)\0 side-band-64k ofs-delta\n"
        let length = String(line.utf8.count + 4, radix: 16)
        return String(repeating: "0", count: 4 - length.count) + length + line
    }

    @Test(
        "bytes and references have a limit",
        arguments: [
            (60_000, 1, 1_200, "64 MB of branches and tags"), (10, 1_000, 201, "200000 branches and tags"),
        ])
    func limits(name: Int, lines: Int, pieces: Int, amount: String) async throws {
        let line = Self.line(String(repeating: "a", count: name))
        let http = Flooding(piece: Array(String(repeating: line, count: lines).utf8), count: pieces)
        let remote = GitRemote(url: try GitRemoteURL("https://example.org/a.git"), http: http)
        let refused = await HostileTrees.refusal { _ = try await remote.list() }
        #expect(refused.contains("the Git server has more than \(amount)"), "\(refused)")
    }

    @Test("fewer are read")
    func few() async throws {
        let http = Flooding(piece: Array(Self.line("a").utf8), count: 1)
        let remote = GitRemote(url: try GitRemoteURL("https://example.org/a.git"), http: http)
        try await expectEqual(remote.list().branches.keys.sorted(), ["a"])
    }
}
