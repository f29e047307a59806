import Glibc
import Host
import Primitives
import TestSupport
import Testing

@Suite("The doctor's findings about sign-ins", .timeLimit(.minutes(1)))
struct SignInFindingsTests {
    @Test("a token file that others can read is tightened and named")
    func openTokenFile() async throws {
        let folder = try TemporaryDirectory()
        let path = folder.write("data/copilot/token.json", "{}", mode: 0o644)
        let configuration = try #require(load("data_dir: \(folder.path)/data\n").configuration)
        for isFirst in [true, false] {
            let findings = Protected<[Finding]>([])
            try await Doctor(configuration).examine { finding in findings.withLock { $0.append(finding) } }
            let named = findings.withLock { $0.filter { $0.detail.contains(path) } }
            expectEqual(named.map(\.state), isFirst ? [.warning] : [])
            #expect(named.allSatisfy { $0.subject == "sign-in" && $0.detail.contains("0600") })
        }
        var status = stat()
        #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    }
}
