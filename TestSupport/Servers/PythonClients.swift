package import Processes

/// The Python clients that `scripts/setup test` installs below `.cache`.
package enum PythonClients: String, Sendable {
    /// `openai`, LiteLLM and Playwright.
    case models = "venv"
    /// The clients of Matrix, Slack and Telegram.
    case chats = "venv-chat"
    /// Two Matrix clients with encryption, on two independent libraries.
    case encryption = "venv-e2ee"
    /// PyGithub.
    case github = "venv-github"
    /// Judges of the HTTP API: schemathesis, openapi-spec-validator, graphql-core, gql.
    case api = "venv-api"
    /// The official SDK of the Model Context Protocol, of today and of the revisions up to 2025-11-25, and servers.
    case mcp = "venv-mcp"
    case mcpLegacy = "venv-mcp-legacy"
    /// opentelemetry-proto.
    case telemetry = "venv-otel"
    /// pip.
    case tools

    /// The package's root, derived from this file's path.
    package static let root = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()

    /// Runs Python; a script's path is relative to the package's root.
    package func run(
        script: String, _ arguments: [String], environment: [String: String] = [:]
    ) async throws -> Process.Result {
        try await self.run(["\(Self.root)/\(script)"] + arguments, environment: environment)
    }

    /// A plan for a script that runs beside the tests and ends with them; its input and output are pipes.
    package func plan(script: String, _ arguments: [String]) -> ProcessPlan {
        var plan = ProcessPlan.tied(
            "\(Self.root)/.cache/\(self.rawValue)/bin/python", ["\(Self.root)/\(script)"] + arguments,
            environment: Self.environment)
        plan.standardInput = .pipe
        plan.standardError = .joined
        return plan
    }

    /// What Python has compiled is kept, since some libraries take seconds, but not beside the scripts.
    package static let environment = [
        "PATH": "/usr/bin:/bin", "HOME": "/tmp", "PYTHONPYCACHEPREFIX": "\(Self.root)/.cache/pycache",
    ]

    /// Runs Python with these arguments.
    package func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Process.Result {
        try await Process.run(
            .tied(
                "\(Self.root)/.cache/\(self.rawValue)/bin/python", arguments,
                environment: Self.environment.merging(environment) { $1 }))
    }
}
