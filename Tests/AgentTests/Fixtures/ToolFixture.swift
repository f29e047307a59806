import Agent
import Chat
import Glibc
import JSON
import Jail
import Logging
import Models
import Primitives
import Repositories
import TestSupport
import Web
import Work

/// A workspace on the disk, and the tools over it.
struct ToolFixture {
    let directory: TemporaryDirectory
    let workspace: Workspace
    let tools: WorkspaceTools
    let snapshots = Protected<[WorkspaceSnapshot]>([])
    let plan = Protected<[PlanTask]>([])

    init(
        _ files: [String: String] = [:], desk: (any ToolDesk)? = nil,
        question: (@Sendable (String, [String]) async throws -> String)? = nil, read: ToolSeams.Reading? = nil,
        web: WebSearch? = nil
    ) async throws {
        self.directory = try TemporaryDirectory()
        let workspaces = Workspaces(
            folder: "\(self.directory.path)/workspaces",
            repositories: RepositoryCatalog([], now: { 1_700_000_000 }, logger: Logger(label: "test")),
            now: { 1_700_000_000_000 }, logger: Logger(label: "test"))
        self.workspace = try await workspaces.open(session: "abc", repository: nil)
        var seams = ToolSeams()
        let (snapshots, plan) = (self.snapshots, self.plan)
        seams.willChange = { snapshot in snapshots.withLock { $0.append(snapshot) } }
        seams.plan = { tasks in plan.withLock { $0 = tasks } }
        seams.desk = desk
        seams.question = question
        seams.web = web
        // Without a jail, which would take a second for each test; HostTests search in jails.
        let shell = UnjailedShell(folder: self.workspace.folder, user: .current())
        seams.read =
            read ?? { command, output in
                try await shell.run(
                    ShellCommand(text: command, place: .aside, timeout: .seconds(50), outputLimit: 16 << 20),
                    output: output
                ).status
            }
        self.tools = WorkspaceTools(files: self.workspace, seams: seams)
        for (name, text) in files { try self.put(text, name) }
    }

    var folder: String { self.workspace.folder }

    /// Writes a file as a program in the jail would.
    func put(_ text: String, _ name: String) throws {
        var folder = self.folder
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            mkdir(folder, 0o755)
        }
        try TestFile.write(text, to: "\(self.folder)/\(name)")
    }

    func text(_ name: String) throws -> String {
        String(decoding: try FileBytes.read("\(self.folder)/\(name)"), as: UTF8.self)
    }

    func exists(_ name: String) -> Bool { access("\(self.folder)/\(name)", F_OK) == 0 }

    @discardableResult
    func shell(_ command: String) throws -> String { try RealGit(self.folder).shell(command) }

    func prepare(_ tool: String, _ arguments: JSON) async throws -> PreparedCall {
        let written = ToolCall(id: "c", name: tool, arguments: arguments.text)
        switch CallReader(tools: ToolCatalog.all).read(written, as: "c") {
        case .call(let call): return try await self.tools.prepare(call)
        case .failed(let result): return .failed(result)
        }
    }

    func perform(_ intent: ToolIntent) async throws -> ToolResult {
        try await self.tools.perform(intent, approval: .allowed(rule: "test"))
    }

    /// Prepares and performs a call.
    func call(_ tool: String, _ arguments: JSON) async throws -> ToolResult {
        switch try await self.prepare(tool, arguments) {
        case .intent(let intent): try await self.perform(intent)
        case .failed(let result): result
        }
    }

    func intent(_ tool: String, _ arguments: JSON) async throws -> ToolIntent {
        switch try await self.prepare(tool, arguments) {
        case .intent(let intent): return intent
        case .failed(let result): throw Failure(text: result.text)
        }
    }

    struct Failure: Error { let text: String }
}
