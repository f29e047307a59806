internal import Chat
internal import HTTP
internal import HTTPServer
internal import Models
internal import Primitives
internal import Push
internal import Schemas
internal import Sessions
internal import Store
internal import Threads
internal import Words

/// What a person has chosen for all their threads.
struct SettingsRoutes: Sendable {
    /// Of the instructions, in characters.
    static let limit = 4_000

    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/settings", "getSettings", "What you have chosen for all your threads.",
            .reading(from: .guest), success: (.ok, "The settings.")
        ) { (context, call: PlainCall) in
            let person = try call.person().identity
            return API.Settings(try await context.store.read { ledger in try ledger.preferences(of: person) })
        },
        APIRoute(
            .patch, "/api/v1/settings", "changeSettings",
            "Changes settings; what the body leaves out stays as it is, and null removes a choice.", .writing,
            // More than instructions of the greatest length, with each character escaped.
            body: API.SettingsChange.self, bodyLimit: 64 << 10, success: (.ok, "The changed settings."),
            [.badGateway("The models cannot be listed; nothing was changed.")]
        ) { try await Self(context: $0).change($1) },
    ]

    private func change(_ call: APICall<API.Nothing, API.SettingsChange>) async throws -> API.Settings {
        let person = try call.person().identity
        let model: Change<String> =
            if case .set(let name) = call.body.model { .set(try await self.known(name)) } else { call.body.model }
        let instructions = call.body.instructions
        if case .set(let text) = instructions { try Self.check(text) }
        let zone = call.body.zone
        if case .set(let name) = zone, Zone(name) == nil {
            throw HTTPProblem(
                HTTPStatus(422),
                "The system knows no time zone `\(VisibleText.line(name))`. Choose one such as `Europe/Berlin`.")
        }
        let (language, notifications) = (call.body.language, call.body.notifications)
        defer { self.context.bridge.environment.languages.forgetChoices() }
        return API.Settings(
            try await self.context.store.write { ledger in
                var preferences = try ledger.preferences(of: person)
                preferences.model = model.applied(to: preferences.model)
                preferences.instructions = instructions.applied(to: preferences.instructions)?.trimmed
                if preferences.instructions?.isEmpty == true { preferences.instructions = nil }
                preferences.zone = zone.applied(to: preferences.zone)
                preferences.language = language.applied(to: preferences.language)
                switch notifications {
                case .keep: break
                case .remove: preferences.notifications = nil
                case .set(let change):
                    preferences.notifications = try NotificationChoice(stored: preferences.notifications)
                        .changed(by: change).stored
                }
                try ledger.set(preferences, of: person)
                return preferences
            })
    }

    /// A model that a thread can choose now.
    private func known(_ name: String) async throws -> String {
        let directory = self.context.bridge.modelDirectory
        let known: [String]
        do { known = try await directory.list().map(\.id) } catch let error as CancellationError { throw error } catch {
            throw HTTPProblem(.badGateway, "The models cannot be listed: \(error). Nothing was changed.")
        }
        let model = directory.fullName(name)
        guard known.contains(model) else {
            throw HTTPProblem(
                HTTPStatus(422),
                "No model is called `\(VisibleText.line(name))`. `/models` shows which there are.")
        }
        return model
    }

    private static func check(_ text: String) throws {
        guard text.count <= Self.limit else {
            throw HTTPProblem(
                HTTPStatus(422),
                "The instructions have \(text.count) characters, and the limit is \(Self.limit): shorten them.")
        }
    }
}

extension API.Settings {
    init(_ preferences: Preferences) {
        self.init(
            model: preferences.model, instructions: preferences.instructions, zone: preferences.zone,
            language: preferences.language,
            notifications: API.Notifications(NotificationChoice(stored: preferences.notifications)))
    }
}
