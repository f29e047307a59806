import TestSupport
import Testing

@Suite("The loopback Git server", .timeLimit(.minutes(1)))
struct LoopbackGitServerTests {
    @Test("git clones, pushes and fetches; faults and refusals reach it")
    func roundTrip() async throws {
        let folder = try TemporaryDirectory()
        let git = RealGit(folder.path)
        try git("init -q --bare served/owner/name.git")
        let server = try await LoopbackGitServer.started(root: folder.path + "/served") { user, password, _, isPush in
            isPush && (user != "me" || password != "secret") ? 401 : nil
        }
        try git("clone -q \(server.url)/owner/name.git work")
        try git.shell("cd work && echo one > one && git add one && git commit -qm one")
        let address = server.url.replacing("http://", with: "http://me:secret@")
        try git.shell("cd work && git push -q \(address)/owner/name main")
        try expectEqual(git("-C served/owner/name.git rev-parse main"), git("-C work rev-parse main"))
        #expect(server.calls.contains { $0.request == .push && $0.user == "me" && $0.status == 200 })
        server.fail(.references(isPush: false), .status(500))
        #expect(throws: RealGit.Failure.self) { try git("clone -q \(server.url)/owner/name.git other") }
        server.fail(.fetch, .cut(after: 40))
        #expect(throws: RealGit.Failure.self) { try git("clone -q \(server.url)/owner/name.git other") }
        server.fail(.references(isPush: false), .redirect(to: "\(server.url)/owner/name.git/info/refs"))
        try git("clone -q \(server.url)/moved.git other")
        try expectEqual(git("-C other rev-parse main"), git("-C work rev-parse main"))
        await server.stop()
    }
}
