import Chat
import Database
import Documents
import HTTP
import JSON
import Logging
import Repositories
import Store
import Tasks
import TestSupport

@testable import Gateway

/// A gateway with a real repository, its documents and tasks.
struct MCPScene {
    let harness: GatewayHarness
    let git: RealGit
    let owner: MCPTester

    static func run(
        worker: StepWorker = StepWorker(), features: (any FeatureSource)? = nil, _ body: (MCPScene) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notes"
        let catalog = RepositoryCatalog(
            [RepositorySetting(name: "notes", place: .local(path: path), branch: "main")], now: { 1_700_000_000 },
            logger: Logger(label: "test"))
        await catalog.prepare()
        let git = RealGit(path)
        let tasks = #"# Tasks\n\n- [ ] T1 One @ada #web\n- [x] T2 Two\n"#
        try git.shell(
            """
            mkdir -p docs specs/001-login && printf '# Guide\\none\\ntwo\\nthree\\n' > docs/Guide.md &&
            printf '\(tasks)' > docs/TASKS.md && printf '# Feature Specification: Login\\n' > specs/001-login/spec.md &&
            git add . && git commit -qm begin
            """)
        let database = try TestDatabase.open(path: directory.path + "/index", migrations: StoreSchema.migrations)
        let desk = TaskDesk(
            store: SessionStore(database: database), repositories: catalog,
            pages: RepositoryPages(viewer: "http://bot.example"), now: { GatewayHarness.start })
        let documents = DocumentDesk(catalog: catalog, now: { 1_700_000_000 })
        try await GatewayHarness.run(
            worker: worker, viewer: RepositoryViewer(catalog: catalog), features: features,
            settings: { ($0.tasks, $0.documents) = (desk, documents) }
        ) { harness in
            let owner = MCPTester(caller: try await harness.token(.chat))
            try await body(MCPScene(harness: harness, git: git, owner: owner))
        }
        await database.close()
    }
}
