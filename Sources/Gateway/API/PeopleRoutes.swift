internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import Sessions

/// Who has access, for owners.
struct PeopleRoutes: Sendable {
    let context: GatewayContext

    private static let bodyLimit = 4096

    var routes: [APIRoute] {
        [
            APIRoute(
                method: .get, pattern: "/api/v1/people", operation: "listPeople",
                summary: "Everybody with access: people of the lists, paired people, signed-in browsers and tokens.",
                access: .scopes([.admin], from: .owner),
                answers: [.init(status: .ok, description: "All of them.", schema: "PeopleList")],
                handle: { try await self.list($0) }),
            APIRoute(
                method: .patch, pattern: "/api/v1/people/{id}", operation: "changePerson",
                summary: "Gives somebody another role. Their live connections are closed, to reconnect with it.",
                access: .scopes([.admin], from: .owner), body: "PersonChange", bodyLimit: Self.bodyLimit,
                answers: [
                    .init(status: .ok, description: "The person.", schema: "PersonWithAccess"),
                    .init(status: .badRequest, description: "The body is not as described.", schema: "Problem"),
                    .init(status: .notFound, description: "Nobody with access has this id.", schema: "Problem"),
                    .init(status: .conflict, description: "It is the last owner.", schema: "Problem"),
                ], handle: { try await self.change($0) }),
            APIRoute(
                method: .delete, pattern: "/api/v1/people/{id}", operation: "removePerson",
                summary:
                    "Takes away somebody's access at once: connections are closed, running answers stopped, waiting ones "
                    + "dropped.",
                access: .scopes([.admin], from: .owner), bodyLimit: Self.bodyLimit,
                answers: [
                    .init(status: .noContent, description: "They are out."),
                    .init(status: .notFound, description: "Nobody with access has this id.", schema: "Problem"),
                    .init(status: .conflict, description: "It is the last owner.", schema: "Problem"),
                ], handle: { try await self.remove($0) }),
        ]
    }

    private func list(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let listing = try await self.context.bridge.access.people()
        return .json([
            "items": .array(listing.people.map { $0.json(for: principal) }),
            "removed": .array(
                listing.removed.map { ["id": .string(Person.id(of: $0)), "identity": .string($0)] }),
        ])
    }

    private func change(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let body = try await request.object(upTo: Self.bodyLimit)
        guard let role = body["role"]?.stringValue.flatMap(Role.init(rawValue:)) else {
            throw HTTPProblem(.badRequest, "The body needs a member `role`: `owner`, `member` or `guest`.")
        }
        let id = request.parameter("id")
        let access = self.context.bridge.access
        let change = try await Self.answering { try await access.set(role, of: id, by: principal.sender) }
        request.logger.info(
            "somebody's role was changed",
            ["person": .string(change.person.identity), "role": .string(role.rawValue)])
        let people = try await access.people().people
        let person = people.first { $0.id == change.person.id } ?? change.person
        return .json(person.json(for: principal))
    }

    private func remove(_ request: APIRequest) async throws -> HTTPServerResponse {
        let principal = try request.person()
        let id = request.parameter("id")
        let access = self.context.bridge.access
        let change = try await Self.answering { try await access.remove(id, by: principal.sender) }
        request.logger.info("somebody's access was taken away", ["person": .string(change.person.identity)])
        return HTTPServerResponse(.noContent)
    }

    private static func answering(_ change: () async throws -> AccessChange) async throws -> AccessChange {
        do {
            return try await change()
        } catch let error as PeopleError {
            throw HTTPProblem(error.code == .unknown ? .notFound : .conflict, error.message)
        }
    }
}

extension Person {
    fileprivate func json(for principal: Principal) -> JSON {
        var members = self.json
        members["self"] = .bool(self.identity == principal.identity)
        return .object(members)
    }
}
