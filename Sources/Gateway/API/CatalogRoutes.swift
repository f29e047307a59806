internal import Chat
internal import HTTP
internal import HTTPServer
internal import Models
internal import Schemas
internal import Sessions
internal import Store
internal import Threads

/// The contents of the chat commands `models`, `usage`, `status`, `repo` and `help`.
struct CatalogRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/models", "models", "The models that a thread can choose.", .reading(from: .guest),
            success: (.ok, "All of them."), [.badGateway("The models cannot be listed.")]
        ) { (context, _: PlainCall) in try await Self(context: context).models() },
        APIRoute(
            .get, "/api/v1/personas", "personas", "The personas that a thread can choose.", .reading(from: .guest),
            success: (.ok, "All of them.")
        ) { (context, _: PlainCall) in Self(context: context).personas() },
        APIRoute(
            .get, "/api/v1/usage", "usage",
            "Tokens used, by model; owners see everyone's, and the account's remaining allowance.",
            .reading(from: .guest), answerMemory: APIRoute.anyMemory, success: (.ok, "All of them.")
        ) { (context, call: PlainCall) in try await Self(context: context).usage(for: call.person()) },
        APIRoute(
            .get, "/api/v1/sessions", "listSessions", "The sessions behind the threads.", .reading(from: .guest),
            query: API.SessionQuery.self, success: (.ok, "A page.")
        ) { try await Self(context: $0).sessions($1) },
        APIRoute(
            .get, "/api/v1/repositories", "repositories", "The configured repositories, the default first.",
            .reading(from: .member), success: (.ok, "All of them.")
        ) { (context, _: PlainCall) in Self(context: context).repositories() },
        APIRoute(
            .get, "/api/v1/commands", "commands", "The commands of threads.", .reading(from: .guest),
            success: (.ok, "Those that your role may use.")
        ) { (_, call: PlainCall) in Self.commands(for: try call.person().role) },
    ]

    private func models() async throws -> API.Page<API.Model> {
        let directory = self.context.bridge.modelDirectory
        let choices: [ModelInfo]
        do { choices = try await directory.list() } catch let error as CancellationError { throw error } catch {
            throw HTTPProblem(.badGateway, "The models cannot be listed: \(error)")
        }
        return API.Page(
            choices.map { [usual = directory.defaultModel] choice in
                API.Model(
                    id: choice.id, detail: choice.detail, provider: choice.provider ?? directory.provider(of: nil),
                    default: choice.id == usual, name: choice.name, inputLimit: choice.inputLimit,
                    outputLimit: choice.outputLimit, tokenizer: choice.tokenizer, version: choice.version,
                    vendor: choice.vendor, multiplier: choice.multiplier, preview: choice.isPreview)
            })
    }

    private func personas() -> API.Page<API.Persona> {
        let models = self.context.bridge.modelDirectory
        guard let agent = self.context.bridge.agent else { return API.Page([]) }
        return API.Page(
            agent.personas().map { [usual = agent.defaultPersona()] persona in
                API.Persona(
                    name: persona.name, summary: persona.summary, default: persona.name == usual,
                    model: persona.model.map(models.fullName))
            })
    }

    private func usage(for principal: Principal) async throws -> API.UsagePage {
        let owner = principal.seesEverything ? nil : principal.identity
        let items = try await self.context.store.read { ledger in
            try ledger.usage(ofOwner: owner).map { row in
                API.Usage(model: row.model, turns: row.turns, inputTokens: row.input, outputTokens: row.output)
            }
        }
        // The account's quota is visible only to those who may see everything.
        return API.UsagePage(
            items: items, nextCursor: nil, quota: principal.seesEverything ? await self.quota() : nil)
    }

    /// The account's remaining allowance. A failing provider must not hide the usage, so it gives nil.
    private func quota() async -> API.Quota? {
        let directory = self.context.bridge.modelDirectory
        guard let left = try? await directory.quota() else { return nil }
        return API.Quota(
            provider: directory.provider(of: nil), plan: left.plan, resetDate: left.resetDate,
            items: left.allowances.map { item in
                API.QuotaItem(
                    id: item.id, name: item.name, unlimited: item.isUnlimited, entitlement: item.entitlement,
                    remaining: item.remaining, percentRemaining: item.percentRemaining)
            })
    }

    private func sessions(_ call: APICall<API.SessionQuery, API.Nothing>) async throws -> API.Page<API.Session> {
        let principal = try call.person()
        let cursor = try API.place(call.query.cursor, SessionCursor.init)
        let owner = principal.seesEverything ? nil : principal.identity
        let now = self.context.now()
        return try await self.context.store.read { ledger in
            var filter = SessionFilter(owner: owner)
            filter.otherOwners = principal.otherIdentities
            let page = try ledger.sessions(filter, after: cursor, limit: call.query.limit ?? 30)
            let items = try page.items.map { session in
                let open = try ledger.openTurnCounts(of: session.id)
                return API.Session(
                    id: session.id, threadID: session.id, title: session.title, adapter: session.key.adapter.rawValue,
                    owner: session.owner, state: session.state(at: now), running: open.running, queued: open.queued,
                    createdAt: Timestamp(milliseconds: session.createdAt),
                    activeAt: Timestamp(milliseconds: session.activeAt))
            }
            return API.Page(items, next: page.next)
        }
    }

    func repositories() -> API.Page<API.Repository> {
        let settings = self.context.environment.settings
        return API.Page(
            settings.repositories.enumerated().map { index, name in
                API.Repository(
                    name: name, default: index == 0, url: "/r/\(name)", page: settings.pages.page(of: name))
            })
    }

    private static func commands(for role: Role) -> API.Page<API.Command> {
        API.Page(
            CommandName.allCases.filter { $0.role <= role }.map { command in
                let usage = command.argument.isEmpty ? command.rawValue : "\(command.rawValue) \(command.argument)"
                return API.Command(word: command.rawValue, usage: usage, summary: command.summary)
            })
    }
}
