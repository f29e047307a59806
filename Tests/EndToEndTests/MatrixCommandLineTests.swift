import JSON
import Processes
import TestSupport
import Testing

/// `jetbridge matrix` beside a host that serves.
@Suite("Encryption of Matrix on the command line", .timeLimit(.minutes(1)))
struct MatrixCommandLineTests {
    @Test("while a host serves, reset is refused, verify is answered by it, and nothing of that is left in its threads")
    func serving() async throws {
        let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
        let folder = try TemporaryDirectory()
        let token = folder.write("token", "syt_secret\n")
        // Nobody answers there.
        let connection =
            "{id: home, homeserver: \"http://127.0.0.1:1\", user: \"@bot:x\", access_token: {file: \(token)}}"
        let host = try await HostProcess(
            configuration: HostConfiguration.web(model) + "adapters: {matrix: [\(connection)]}\n")
        try await host.start()
        let reset = try await host.run(["matrix", "reset", "--yes"])
        #expect(reset.status == .exited(1) && reset.errorText.contains("serves matrix:home. Stop it"), "\(reset)")
        let verify = try await host.run(["matrix", "verify", "--json"])
        expectEqual(verify.status, .exited(0), "\(verify)")
        let reply = try JSON.parse(verify.output)
        #expect(reply["adapter"] == "matrix:home" && reply["reply"]?.stringValue?.isEmpty == false)
        try await expectEqual(host.run(["sessions", "list", "--json"]).text.contains("verify"), false)
        try await expectEqual(host.run(["token", "list"]).text.contains("k_"), false)
        #expect(try await host.run(["matrix", "status"]).text.contains("Trust any"))
        await expectEqual(host.terminate(), .exited(0))
        await model.stop()
    }
}
