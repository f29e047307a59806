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
        APIRoute(
            .post, "/api/v1/people/invites", "invite", "Makes a code, with its link, that lets in somebody new, once.",
            .administration, body: API.NewInvite.self,
            success: (.created, "The code, which is shown only this once."), [.conflict("100 invites are open.")]
        ) { try await Self(context: $0).invite($1) },
        APIRoute(
            .delete, "/api/v1/people/invites/{id}", "endInvite", "Takes an open invite back.", .administration,
            answers: [.empty("It is worth nothing any more."), .notFound("No open invite has this id.")]
        ) { try await Self(context: $0).endInvite($1) },
        APIRoute(
            .post, "/api/v1/people/{id}/codes", "addBrowser",
            "Makes a code that signs in another browser of a person: once, within an hour. For owners with the scope "
                + "`admin`, and for the person themselves in a browser.", .scopes(Set(Scope.allCases), from: .guest),
            success: (.created, "The code, which is shown only this once."),
            [
                .notFound("Nobody with access has this id, or it is somebody else's."),
                .conflict("The person has no sign-in in browsers."),
            ]
        ) { try await Self(context: $0).addBrowser($1) },
    ]

    private func list(_ call: PlainCall) async throws -> API.PeopleList {
        let principal = try call.person()
        let listing = try await self.context.bridge.access.people()
        return API.PeopleList(
            items: listing.people.map { API.PersonWithAccess($0, for: principal) },
            removed: listing.removed.map { API.RemovedPerson(id: Person.id(of: $0), identity: $0) },
            invites: listing.invites.map(API.Invite.init))
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

    private func addBrowser(_ call: PlainCall) async throws -> API.JoiningCode {
        let principal = try call.person()
        let isOwner = principal.role == .owner && principal.has(anyOf: [.admin])
        // A token may have fewer scopes than the person's browsers.
        guard isOwner || (principal.isCookie && principal.personID == call.id) else { throw Problems.missing("person") }
        let access = self.context.bridge.access
        let made = try await Self.answering {
            try await access.addBrowser(of: call.id, by: principal.sender, as: principal.role)
        }
        call.logger.info(
            "a code for another browser was made", ["person": made.entry.identity.map { .string($0) } ?? .null])
        return API.JoiningCode(made, at: self.context.settings.publicURL)
    }

    private func invite(_ call: APICall<API.Nothing, API.NewInvite>) async throws -> API.JoiningCode {
        let principal = try call.person()
        let (body, now) = (call.body, self.context.now())
        let made = try await Self.answering {
            let invitation = try Invitation(as: body.role, called: body.name, expires: body.expires, at: now)
            return try await self.context.bridge.access.invite(invitation, by: principal.sender)
        }
        call.logger.info("somebody was invited", ["role": .string(body.role.rawValue)])
        return API.JoiningCode(made, at: self.context.settings.publicURL)
    }

    private func endInvite(_ call: PlainCall) async throws -> HTTPServerResponse {
        let principal = try call.person()
        guard try await self.context.bridge.access.endInvite(call.id, by: principal.sender) else {
            throw Problems.missing("invite")
        }
        return HTTPServerResponse(.noContent)
    }

    private static func answering<Value>(_ change: () async throws -> Value) async throws -> Value {
        do {
            return try await change()
        } catch let error as PeopleError {
            let statuses: [PeopleError.Code: HTTPStatus] = [.unknown: .notFound, .invalid: HTTPStatus(422)]
            throw HTTPProblem(statuses[error.code] ?? .conflict, error.message)
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
            expiresAt: person.expiresAt.map { Timestamp(milliseconds: $0) }, browsers: person.browsers,
            linked: person.linked,
            self: person.identity == principal.identity)
    }
}

extension API.Invite {
    init(_ code: AccessCode) {
        self.init(
            id: code.id ?? "", role: code.role, name: code.name,
            expiresAt: Timestamp(milliseconds: code.expiresAt), by: code.by)
    }
}

extension API.JoiningCode {
    init(_ made: MadeCode, at publicURL: String) {
        self.init(
            id: made.entry.id ?? "", code: made.code, url: made.url(at: publicURL),
            expiresAt: Timestamp(milliseconds: made.entry.expiresAt))
    }
}
