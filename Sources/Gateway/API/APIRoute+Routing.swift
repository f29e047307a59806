internal import Chat
internal import HTTP
internal import HTTPServer
internal import JSON
internal import Schemas

extension APIRoute {
    /// The route for the server's routing table.
    func route(front: Front) -> HTTPRoute {
        HTTPRoute(
            self.method, RoutePattern(self.pattern), bodyLimit: self.bodyLimit, documentation: nil
        ) { request in
            try await front.answer(request, by: self)
        }
    }

    /// The entry in the OpenAPI document; adds the types that it names to `schemas`.
    func documentation(_ schemas: inout SchemaTable) -> RouteDocumentation? {
        guard !self.isHidden else { return nil }
        var parameters = RoutePattern(self.pattern).names.map { RouteDocumentation.Parameter(.path, $0, "") }
        if let query = self.query {
            parameters += Self.members(of: query, &schemas).map {
                var schema = $0.schema
                schema.isNullable = false
                schema.note.text = nil
                return .init(
                    .query, $0.name, $0.schema.note.text ?? "", schema: SchemaTable.json(schema),
                    isRequired: $0.isRequired)
            }
        }
        parameters += self.headers.map { header in
            var note = header.note
            note.text = nil
            return .init(
                .header, header.name, header.note.text ?? "",
                schema: SchemaTable.json(Schema(.string, note: note)))
        }
        var request: JSON?
        var requestType = MediaType.json
        switch self.body {
        case .none: break
        case .json(let type): request = SchemaTable.json(schemas.schema(of: type, .input))
        case .bytes(let type):
            request = ["type": "string", "format": "binary"]
            requestType = type
        }
        var documentation = RouteDocumentation(
            self.summary, operation: self.operation, parameters: parameters, request: request,
            requestType: requestType, answers: self.documentedAnswers(&schemas), isOpen: self.isOpen)
        if case .scopes(let scopes, let role) = self.access {
            let names = Scope.allCases.filter(scopes.union([.admin]).contains).map { JSON.string($0.rawValue) }
            documentation.extensions = ["x-scopes": .array(names), "x-role": .string(role.rawValue)]
        }
        documentation.extensions["description"] = APIDetails.all[self.operation].map { .string($0) }
        if self.deprecation != nil { documentation.extensions["deprecated"] = true }
        return documentation
    }

    /// The members of a query, which are no component of the document but parameters.
    private static func members(of type: any FieldValue.Type, _ schemas: inout SchemaTable) -> [ObjectSchema.Member] {
        var scratch = schemas
        guard case .object(let name) = scratch.schema(of: type, .input).kind else { return [] }
        return scratch.objects[name]?.members ?? []
    }

    private var isOpen: Bool {
        if case .open = self.access { true } else { false }
    }

    private func documentedAnswers(_ schemas: inout SchemaTable) -> [RouteDocumentation.Answer] {
        var answers = self.answers
        func add(_ status: HTTPStatus, _ text: String) {
            if !answers.contains(where: { $0.status == status }) { answers.append(.problem(status, text)) }
        }
        if self.isAPI {
            add(.badRequest, "A parameter or member is unknown or missing; `detail` says which.")
            add(HTTPStatus(422), "A value cannot be used; `detail` says why.")
        }
        if self.bodyLimit > 0 {
            add(.contentTooLarge, "The body is too large.")
            add(.unsupportedMediaType, "The body has another type.")
        }
        if case .scopes(let scopes, let role) = self.access {
            add(.unauthorized, "No valid credential.")
            add(.forbidden, Self.requirement(scopes, role.rawValue))
            add(.tooManyRequests, "Too many requests; Retry-After says when to retry.")
            if self.subject != nil { add(.serviceUnavailable, "Its host is being replaced; repeat the request.") }
        }
        return answers.map { answer in
            let schema = answer.content.map { SchemaTable.json(schemas.schema(of: $0, .output)) }
            let plain: JSON? = answer.type.isJSON ? nil : ["type": "string"]
            return .init(answer.status, answer.text, type: answer.type, schema: schema ?? plain)
        }
    }

    /// What a credential needs, for the description of the answer 403.
    private static func requirement(_ scopes: Set<Scope>, _ role: String) -> String {
        let isAny = scopes.count == Scope.allCases.count
        let names = isAny ? "any" : scopes.map(\.rawValue).sorted().joined(separator: ", ")
        return "The credential lacks the scope (\(names)) or the role (\(role) or higher)."
    }
}
