import JSON
import Processes
import TestSupport
import Testing

/// The API of the real program, judged by programs that were made for that.
@Suite("The API's judges", .serialized, .timeLimit(.minutes(3)))
struct APIJudgeTests {
    private struct Scene {
        let host: HostProcess
        /// Serves as long as it is kept.
        let model: LoopbackModelServer
        let url: String
        let token: String
        let thread: String

        static func make() async throws -> Scene {
            let model = try await LoopbackModelServer.started(behaviors: ["test": .echo])
            let host = try await HostProcess(configuration: HostConfiguration.web(model))
            try await host.start()
            let address = try #require(host.address)
            let url = "http://\(address)"
            let made = try await host.run(["token", "create", "--scope", "admin", "--json"])
            let token = try JSON.parse(made.text)["token"]?.stringValue ?? ""
            let client = GatewayClient(address: address, token: token)
            let thread = try await client.newThread()
            _ = try await client.ended(try await client.send("Hello", to: thread))
            return Scene(host: host, model: model, url: url, token: token, thread: thread)
        }
    }

    private static func judge(_ command: [String]) async throws -> (status: Bool, output: String) {
        let result = try await PythonClients.api.run(command)
        return (result.status == .exited(0), result.text + result.errorText)
    }

    @Test("openapi-spec-validator accepts the document, and schemathesis finds no answer that it does not describe")
    func document() async throws {
        let scene = try await Scene.make()
        let directory = try TemporaryDirectory()
        let path = directory.path + "/openapi.json"
        let printed = try await Process.run(
            .tied("/usr/bin/curl", ["-sS", "-o", path, "\(scene.url)/api/v1/openapi.json"], environment: [:]))
        expectEqual(printed.status, .exited(0))
        let valid = try await Self.judge(["-m", "openapi_spec_validator", path])
        #expect(valid.status, "\(valid.output)")
        let judged = try await Self.judge([
            "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run", path, "--url", scene.url,
            "-H", "Authorization: Bearer \(scene.token)", "--phases", "coverage,fuzzing", "--max-examples", "4",
            "--max-time", "25", "--generation-deterministic", "--exclude-path-regex", "live|events|signin/|/stop$",
            // The document cannot say which models there are, or what a query in GraphQL may be.
            "--exclude-checks", "positive_data_acceptance",
        ])
        #expect(judged.status, "\(judged.output.suffix(6_000))")
        await expectEqual(scene.host.terminate(), .exited(0))
    }

    @Test("graphql-core builds the schema that the host describes, gql asks, and every field of every type has a value")
    func graphql() async throws {
        let scene = try await Scene.make()
        let result = try await PythonClients.api.run(
            script: "Tests/EndToEndTests/API/judges/graphql_clients.py", [scene.url, scene.token, scene.thread])
        #expect(result.status == .exited(0) && result.text.hasPrefix("graphql: "), "\(result.text) \(result.errorText)")
        await expectEqual(scene.host.terminate(), .exited(0))
    }

    @Test("numbers at their ends, sent to all that the document declares, have answers that it describes")
    func extremes() async throws {
        let scene = try await Scene.make()
        let result = try await PythonClients.api.run(
            script: "Tests/EndToEndTests/API/judges/extreme_numbers.py", [scene.url, scene.token, scene.thread])
        #expect(
            result.status == .exited(0) && result.text.hasPrefix("extremes: "), "\(result.text) \(result.errorText)")
        await expectEqual(scene.host.terminate(), .exited(0))
    }
}
