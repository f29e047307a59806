import EventLoop
import Extensions
import Glibc
import HTTP
import HTTPClient
import JSON
import Jail
import Logging
import Primitives
import Processes
import TestSupport
import Testing

/// Servers of the official SDKs and a rude one, in jails like those of a host.
enum ServerScene {
    enum SDK: String, CaseIterable, CustomTestStringConvertible {
        /// 2.x, which speaks both eras.
        case modern = "venv-mcp"
        /// 1.x.
        case legacy = "venv-mcp-legacy"

        var python: String { "\(PythonClients.root)/.cache/\(self.rawValue)/bin/python" }
        var testDescription: String { "\(self)" }
    }

    static let fixtures = "\(PythonClients.root)/Tests/ExtensionsTests/Fixtures"
    static let caller = ExtensionCaller(session: "s")

    /// A server of the configuration, not started.
    static func server(
        _ command: [String], variables: [String: Secret] = [:], times: ExtensionServer.Times = ExtensionServer.Times(),
        _ change: (inout ExtensionSettings) -> Void = { _ in }
    ) -> ExtensionServer {
        var settings = ExtensionSettings(name: "office", way: .program(command, variables: variables))
        change(&settings)
        return Self.server(settings, times: times)
    }

    static func server(
        _ settings: ExtensionSettings, times: ExtensionServer.Times = ExtensionServer.Times()
    ) -> ExtensionServer {
        ExtensionServer(
            settings: settings, jails: { await Self.means() }, http: HTTPClient(), logger: Logger(label: "test"),
            times: times)
    }

    /// Runs `body` with the office of an SDK, and ends it.
    @discardableResult
    static func withOffice<Value>(
        _ sdk: SDK, variables: [String: Secret] = [:], _ change: (inout ExtensionSettings) -> Void = { _ in },
        _ body: (ExtensionServer) async throws -> Value
    ) async throws -> Value {
        let command = [sdk.python, "\(Self.fixtures)/office.py", "stdio"]
        return try await Self.with(Self.server(command, variables: variables, change), body)
    }

    /// Runs `body` with a server of bad manners.
    @discardableResult
    static func withRude<Value>(
        _ manner: String, times: ExtensionServer.Times = ExtensionServer.Times(),
        _ change: (inout ExtensionSettings) -> Void = { _ in }, _ body: (ExtensionServer) async throws -> Value
    ) async throws -> Value {
        try await Self.with(
            Self.server(
                ["python3", "\(Self.fixtures)/rude.py", manner], variables: ["KEY": Secret("jb-secret-value")],
                times: times, change), body)
    }

    @discardableResult
    static func with<Value>(
        _ server: ExtensionServer, _ body: (ExtensionServer) async throws -> Value
    ) async throws -> Value {
        do {
            let value = try await body(server)
            await server.stop()
            return value
        } catch {
            await server.stop()
            throw error
        }
    }

    /// What a call failed with.
    static func failure<Value>(_ body: () async throws -> Value) async throws -> ExtensionFailure {
        do {
            let value = try await body()
            throw Unexpected(text: "\(value)")
        } catch let failure as ExtensionFailure {
            return failure
        }
    }

    struct Unexpected: Error {
        let text: String
    }

    // MARK: HTTP

    /// Runs `body` with the office of an SDK.
    @discardableResult
    static func withHTTPOffice<Value>(
        _ sdk: SDK, _ arguments: [String] = [], _ body: (ExtensionServer) async throws -> Value
    ) async throws -> Value {
        try await Self.withHTTP(sdk.python, ["office.py", "http"] + arguments) {
            try await Self.with(Self.remote($0), body)
        }
    }

    /// Runs `body` with a server of bad manners.
    @discardableResult
    static func withRudeHTTP<Value>(
        _ manner: String, headers: [String: Secret] = [:], _ body: (ExtensionServer) async throws -> Value
    ) async throws -> Value {
        try await Self.withHTTP("/usr/bin/python3", ["rude_http.py", manner]) {
            try await Self.with(Self.remote($0, headers: headers), body)
        }
    }

    /// Runs `body` with the address of a server that listens on a port of its own choice.
    static func withHTTP<Value>(
        _ python: String, _ arguments: [String], _ body: (HTTPURL) async throws -> Value
    ) async throws -> Value {
        var plan = ProcessPlan.tied(
            python, ["\(Self.fixtures)/\(arguments[0])"] + arguments.dropFirst(),
            environment: PythonClients.environment)
        plan.standardError = .null
        let process = try await Process.spawn(plan)
        do {
            var text = ""
            while !text.contains("\n"), let bytes = try await process.output.read() {
                text += String(decoding: bytes, as: UTF8.self)
            }
            let value = try await body(try HTTPURL("http://127.0.0.1:\(text.filter(\.isNumber))/mcp"))
            await process.stop()
            return value
        } catch {
            await process.stop()
            throw error
        }
    }

    static func remote(_ url: HTTPURL, headers: [String: Secret] = [:]) -> ExtensionServer {
        Self.server(ExtensionSettings(name: "office", way: .remote(url, headers: headers)))
    }

    // MARK: Jails

    private static let folder = "/tmp/jetbridge-extensions-test.\(getpid())"
    /// Tried once for the process. The jail's programs stay until its end.
    private static let found = Task {
        mkdir(ServerScene.folder, 0o755)
        atexit { ServerScene.removePrograms(of: getpid()) }
        return await JailMeans.probe(in: ServerScene.folder, programs: "\(ServerScene.folder)/jail")
    }

    static func means() async -> JailMeans { await self.found.value }

    static func removePrograms(of process: Int32) {
        let folder = "/tmp/jetbridge-extensions-test.\(process)"
        for name in ["jetbridge-init", "sh", "bash"] { unlink("\(folder)/jail/\(name)") }
        for path in ["\(folder)/jail", folder] { rmdir(path) }
    }
}

extension ExtensionResult {
    /// Its texts, a line each.
    var text: String {
        self.parts.map { part in
            if case .text(let text) = part { text } else { "[\(part)]".beginning(bytes: 60) }
        }.joined(separator: "\n")
    }
}
