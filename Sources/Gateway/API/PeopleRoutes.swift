internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Logging
internal import People
internal import Schemas
internal import Sessions

/// Who has access, for owners.
struct PeopleRoutes: Sendable {
    let context: GatewayContext

    static let routes: [APIRoute] = [
        APIRoute(
            .get, "/api/v1/people", "listPeople",
            "Everybody with access: people of the lists, paired people, signed-in browsers and tokens.",
            .administration, success: (.ok, "All of them.")
        ) { try await Self(context: $0).list($1) },
        APIRoute(
            .patch, "/api/v1/people/{id}", "changePerson",
            "Gives somebody another role. Their live connections are closed, to reconnect with it.", .administration,
            body: API.PersonChange.self, success: (.ok, "The person."),
            [.notFound("Nobody with access has this id."), .conflict("It is the last owner.")]
        ) { try await Self(context: $0).change($1) },
        APIRoute(
            .delete, "/api/v1/people/{id}", "removePerson",
            "Takes away somebody's access at once: connections are closed, running answers stopped, waiting ones "
                + "dropped.", .administration,
            answers: [
                .empty("They are out."), .notFound("Nobody with access has this id."),
                .conflict("It is the last owner."),
            ]
        ) { try await Self(context: $0).remove($1) },
    ]

    private func list(_ call: PlainCall) async throws -> API.PeopleList {
        let principal = try call.person()
        let listing = try await self.context.bridge.access.people()
        return API.PeopleList(
            items: listing.people.map { API.PersonWithAccess($0, for: principal) },
            removed: listing.removed.map { API.RemovedPerson(id: Person.id(of: $0), identity: $0) })
    }

    private func change(_ call: APICall<API.Nothing, API.PersonChange>) async throws -> API.PersonWithAccess {
        let principal = try call.person()
        let (id, role) = (call.id, call.body.role)
        let access = self.context.bridge.access
        let change = try await Self.answering { try await access.set(role, of: id, by: principal.sender) }
        call.logger.info(
            "somebody's role was changed",
            ["person": .string(change.person.identity), "role": .string(role.rawValue)])
        let people = try await access.people().people
        return API.PersonWithAccess(people.first { $0.id == change.person.id } ?? change.person, for: principal)
    }

    private func remove(_ call: PlainCall) async throws -> HTTPServerResponse {
        let principal = try call.person()
        let id = call.id
        let access = self.context.bridge.access
        let change = try await Self.answering { try await access.remove(id, by: principal.sender) }
        call.logger.info("somebody's access was taken away", ["person": .string(change.person.identity)])
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

extension API.PersonWithAccess {
    init(_ person: Person, for principal: Principal) {
        self.init(
            id: person.id, identity: person.identity, name: person.name, network: person.network, role: person.role,
            way: person.way, key: person.key, listedRole: person.listedRole, scopes: person.scopes,
            since: person.since.map { Timestamp(milliseconds: $0) },
            lastSeen: person.lastSeen.map { Timestamp(milliseconds: $0) },
            expiresAt: person.expiresAt.map { Timestamp(milliseconds: $0) },
            self: person.identity == principal.identity)
    }
}
