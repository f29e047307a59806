import Database
import EventLoop
import HTTP
import HTTPClient
import JSON
import Logging
import Primitives
import Processes
import Store
import TestSupport

@testable import Extensions

/// A server by the official SDK with its authorization server, and a host that may sign in there.
@Net final class AuthorizationScene {
    struct Failure: Error {
        let text: String
    }

    nonisolated let base: HTTPURL
    nonisolated let store: SessionStore
    /// How often somebody was asked to sign in.
    nonisolated let asked = Protected(0)
    /// Milliseconds that the host's clock is ahead.
    nonisolated let ahead = Protected<Int64>(0)
    private let directory: TemporaryDirectory
    private let process: Process
    private nonisolated let client = HTTPClient()

    private init(_ base: HTTPURL, _ process: Process) throws {
        self.base = base
        self.process = process
        self.directory = try TemporaryDirectory()
        self.store = SessionStore(
            database: try TestDatabase.open(path: self.directory.path + "/store", migrations: StoreSchema.migrations))
    }

    /// Runs `body` with a server that demands these rights.
    static func run(_ scopes: String = "read", _ body: (AuthorizationScene) async throws -> Void) async throws {
        let root = PythonClients.root
        var plan = ProcessPlan.tied(
            "\(root)/.cache/venv-mcp/bin/python",
            ["\(root)/Tests/ExtensionsTests/Fixtures/authorization.py"] + scopes.split(separator: " ").map(String.init),
            environment: PythonClients.environment)
        plan.standardInput = .pipe
        plan.standardError = .null
        let process = try Process.spawn(plan)
        var line: [UInt8] = []
        while !line.contains(0x0A), let bytes = try await process.output.read() { line += bytes }
        guard let url = (try? JSON.parse(line))?["url"]?.stringValue else {
            throw Failure(text: "the server did not start; scripts/setup test installs it")
        }
        let scene = try AuthorizationScene(HTTPURL(url), process)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(scene))
        } catch { result = .failure(error) }
        process.input.close()
        await process.stop(patience: .seconds(2), grace: .seconds(2))
        await scene.store.database.close()
        try result.get()
    }

    nonisolated var address: HTTPURL { self.base.adding(path: "mcp") }

    /// A host's sign-in; two of them are two hosts of one store.
    nonisolated func signIn(
        _ server: String = "notes", at address: HTTPURL? = nil, with settings: OAuthSettings = OAuthSettings(),
        key: UInt8 = 1, needed: @escaping @Sendable () -> Void = {}
    ) -> ExtensionSignIn {
        ExtensionSignIn(
            server, at: address ?? self.address, settings, publicURL: "http://127.0.0.1:8787", store: self.store,
            key: [UInt8](repeating: key, count: 32), userAgent: "jetbridge/test", logger: Logger(label: "test"),
            now: { [ahead] in WallClock.now() + ahead.withLock { $0 } },
            needed: { [asked] in
                asked.withLock { $0 += 1 }
                needed()
            })
    }

    /// The status of a request to the server, and its challenges.
    nonisolated func call(_ authorization: Secret?) async throws -> (status: Int, challenges: [String]) {
        var headers: HTTPHeaders = [
            "Accept": "application/json, text/event-stream", "Content-Type": "application/json",
        ]
        if let authorization { headers["Authorization"] = authorization.reveal() }
        let version: JSON = [
            "protocolVersion": "2025-11-25", "capabilities": [:], "clientInfo": ["name": "t", "version": "1"],
        ]
        let body: JSON = ["jsonrpc": "2.0", "id": 1, "method": "initialize", "params": version]
        let answer = try await self.client.execute(
            HTTPClientRequest(.post, self.address, headers: headers, body: .bytes(body.bytes)))
        return (answer.status.code, answer.headers["WWW-Authenticate"].map { [$0] } ?? [])
    }

    /// What the browser brings back from the page.
    nonisolated func agree(at page: ExtensionSignInPage) async throws -> HTTPQuery {
        let answer = try await self.client.execute(HTTPClientRequest(.get, HTTPURL(page.address)))
        guard answer.status == .found, let place = answer.headers["Location"] else {
            let text = String(decoding: try await answer.body.collect(upTo: 10_000), as: UTF8.self)
            throw Failure(text: "\(answer.status.code) \(text)")
        }
        return HTTPQuery(parsing: try HTTPURL(place).query ?? "")
    }

    /// Signs in from the first refusal on.
    nonisolated func signedIn(_ settings: OAuthSettings = OAuthSettings()) async throws -> ExtensionSignIn {
        let signIn = self.signIn(with: settings)
        let first = try await self.call(nil)
        guard try await !signIn.refused(first.status, first.challenges, sent: nil) else {
            throw Failure(text: "signed in already")
        }
        let result = await signIn.finish(try await self.agree(at: signIn.begin()))
        guard result.isDone else { throw Failure(text: result.text) }
        return signIn
    }

    @discardableResult nonisolated func ask(_ path: String) async throws -> JSON {
        let answer = try await self.client.execute(HTTPClientRequest(.get, self.base.adding(path: path)))
        return try JSON.parse(try await answer.body.collect(upTo: 10_000))
    }

    nonisolated func count(_ name: String) async throws -> Int { try await self.ask("counts")[name]?.intValue ?? -1 }

    /// Until after the access token's end.
    nonisolated func passAnHour() { self.ahead.withLock { $0 += 3_600_000 } }
}
