internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Primitives
internal import Sessions

/// What a person has chosen for all their threads.
struct SettingsRoutes: Sendable {
    /// Of the instructions, in characters.
    static let limit = 4_000
    /// In bytes: more than instructions of the greatest length, with each character escaped.
    private static let bodyLimit = 64 << 10

    let context: GatewayContext

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/api/v1/settings", operation: "getSettings",
                summary: "What you have chosen for all your threads.",
                access: .scopes([.chat, .read], from: .guest),
                answers: [.init(status: .ok, description: "The settings.", schema: "Settings")],
                handle: { try await self.show($0) }),
            APIRoute(
                method: .patch, pattern: "/api/v1/settings", operation: "changeSettings",
                summary: "Changes settings; what the body leaves out stays as it is, and null removes a choice.",
                access: .scopes([.chat], from: .guest), body: "SettingsChange", bodyLimit: Self.bodyLimit,
                answers: [
                    .init(status: .ok, description: "The changed settings.", schema: "Settings"),
                    .init(status: .badRequest, description: "A value cannot be used.", schema: "Problem"),
                    .init(
                        status: .badGateway, description: "The models cannot be listed; nothing was changed.",
                        schema: "Problem"),
                ], handle: { try await self.change($0) }),
        ]
    }

    private func show(_ request: APIRequest) async throws -> HTTPServerResponse {
        let person = try request.person().identity
        return Self.response(try await self.context.store.read { ledger in try ledger.preferences(of: person) })
    }

    private func change(_ request: APIRequest) async throws -> HTTPServerResponse {
        let person = try request.person().identity
        let body = try await request.object(upTo: Self.bodyLimit)
        guard body["model"] != nil || body["instructions"] != nil else {
            throw HTTPProblem(.badRequest, "The body needs a member `model` or `instructions`.")
        }
        let name = try Self.text("model", in: body)
        let model = if let name { try await self.known(name) } else { String?.none }
        let instructions = try Self.text("instructions", in: body).map(Self.instructions)
        let changed = try await self.context.store.write { ledger in
            var preferences = try ledger.preferences(of: person)
            if body["model"] != nil { preferences.model = model }
            if body["instructions"] != nil { preferences.instructions = instructions ?? nil }
            try ledger.set(preferences, of: person)
            return preferences
        }
        return Self.response(changed)
    }

    private static func response(_ preferences: Preferences) -> HTTPServerResponse {
        .json([
            "model": preferences.model.map { .string($0) } ?? .null,
            "instructions": preferences.instructions.map { .string($0) } ?? .null,
        ])
    }

    /// Nil if the member is null or missing.
    private static func text(_ name: String, in body: JSONObject) throws -> String? {
        guard let value = body[name], value != .null else { return nil }
        guard let text = value.stringValue else { throw HTTPProblem(.badRequest, "`\(name)` must be a text or null.") }
        return text
    }

    /// A model that a thread can choose now.
    private func known(_ name: String) async throws -> String {
        let directory = self.context.bridge.modelDirectory
        let known: [String]
        do { known = try await directory.list().map(\.id) } catch let error as CancellationError { throw error } catch {
            throw HTTPProblem(.badGateway, "The models cannot be listed: \(error). Nothing was changed.")
        }
        guard known.contains(name) else {
            throw HTTPProblem(.badRequest, "There is no model `\(VisibleText.line(name))`. `/models` lists them.")
        }
        return name
    }

    /// Nil if nothing is left.
    private static func instructions(_ text: String) throws -> String? {
        guard text.count <= Self.limit else {
            throw HTTPProblem(
                .badRequest,
                "The instructions have \(text.count) characters, and the limit is \(Self.limit): shorten them.")
        }
        let text = text.trimmed
        return text.isEmpty ? nil : text
    }
}
