import HTTP
import Primitives
import TestSupport
import Testing

@testable import Git

@Suite("How much memory a fetch takes", .timeLimit(.minutes(1)))
struct GitFetchMemoryTests {
    /// A file of 2 GiB, as its header says, and a change to it. 75 bytes.
    private static let enormous =
        "H4sIAAAAAAACAwtwdPZmYGBgAuENDQ0NDhW3VgPZlQyV7xT4Km5lZ2RkPPjBz/JGvuGIhtzBHfMaGRn2uv7jCvS8EtGZPT2mapncs2zL1e9r"
        + "xWaqAwClvepfSwAAAA=="
    /// A file of 34 MiB, and a change to it with a wrong size, for which the library forgets to free the file. 34 KB.
    private static let leaking =
        "H4sIAAAAAAACA+3dLUtDUQAG4Ht1ogw/ZhCDwSWz0TLYECwrC5rVNhBBTQODV0QQcbAFkz9Ci9WPIopF03QYhmATEcPS8Or2M+6eB0449Y0v"
        + "h/eUCovFIAgGuuciio7CSvPzNgz/r1Ht9/xrJB0AAAAACRe9Hgx2y4AgGzeWSisAAABA0q1PjKd6pUBndaYgDgAAAEi8w9xCpvdC4GdvMyUO"
        + "AAAASLypdivf6wLu48vJZXkAAABA4r0YDAAAAIC+YjAAAAAA+ovBAAAAAOgvp+1WrVsF5J/ixtV86JtFAPrFd3q2FYQf4X51p9LcKJcznTi+"
        + "vhnOhncno+mg/jh2PHRWf17besi9zVXfy9XpYm57N/MHLaMs8K6HAAA="

    /// Has a branch, and sends one pack for it.
    private struct Server: GitHTTP {
        let pack: [UInt8]

        func send(_ request: GitHTTPRequest) async throws -> GitHTTPResponse {
            let isFirst = if case .none = request.body { true } else { false }
            var bytes: [UInt8]
            if isFirst {
                let line = "\(String(repeating: "1", count: 40)) refs/heads/a\0 side-band-64k ofs-delta\n"
                bytes = Array("001e# service=git-upload-pack\n0000\(Self.length(line.utf8.count))\(line)0000".utf8)
            } else {
                bytes = Array("0008NAK\n\(Self.length(1 + self.pack.count))\u{1}".utf8) + self.pack
                bytes += Array("0000".utf8)
            }
            let left = Protected<[UInt8]?>(bytes)
            return GitHTTPResponse(
                status: 200,
                headers: ["Content-Type": "application/x-git-upload-pack-\(isFirst ? "advertisement" : "result")"]
            ) {
                left.withLock { left in
                    defer { left = nil }
                    return left
                }
            }
        }

        private static func length(_ count: Int) -> String {
            let digits = String(count + 4, radix: 16)
            return String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    /// What fetching a compressed pack so many times says.
    private static func refusals(of pack: String, times: Int) async throws -> [String] {
        let folder = try TemporaryDirectory()
        let numbers = try RealGit(folder.path).shell("echo \(pack) | base64 -d | gunzip | od -An -v -tu1")
        let bytes = numbers.split(whereSeparator: \.isWhitespace).compactMap { UInt8($0) }
        let mirror = GitRepository(path: folder.path + "/mirror.git")
        try await mirror.createMirror()
        let remote = GitRemote(url: try GitRemoteURL("https://example.org/a.git"), http: Server(pack: bytes))
        var refusals: [String] = []
        for _ in 0..<times {
            refusals.append(await HostileTrees.refusal { _ = try await remote.fetch(into: mirror) })
        }
        return refusals
    }

    @Test("a change to an enormous file is refused before it is read, each time")
    func enormous() async throws {
        for refusal in try await Self.refusals(of: Self.enormous, times: 2) {
            #expect(
                refusal.contains("example.org/a.git can't be fetched because it needs more than 1024 MB"), "\(refusal)")
        }
    }

    @Test("a server whose damaged objects leak memory is not asked again and again")
    func leaking() async throws {
        let refusals = try await Self.refusals(of: Self.leaking, times: 3)
        #expect(refusals[0].contains("the transfer with example.org/a.git failed"), "\(refusals)")
        #expect(refusals[1].contains("the transfer with example.org/a.git failed"), "\(refusals)")
        #expect(refusals[2].contains("is not fetched again before a restart"), "\(refusals)")
    }
}
