internal import HTTP
internal import HTTPServer
internal import JSON
internal import Sessions

extension APIRoute {
    /// The route for the server's routing table.
    func route(front: Front) -> HTTPRoute {
        HTTPRoute(
            self.method, RoutePattern(self.pattern), bodyLimit: self.bodyLimit, documentation: self.documentation
        ) { request in
            try await front.answer(request, by: self)
        }
    }

    private var documentation: RouteDocumentation? {
        guard !self.isHidden else { return nil }
        var isOpen = false
        if case .open = self.access { isOpen = true }
        return RouteDocumentation(
            self.summary, operation: self.operation,
            parameters: self.parameters.map {
                .init($0.place, $0.name, $0.description, schema: $0.schema, isRequired: $0.isRequired)
            }, request: self.body.map(Schemas.reference),
            requestType: MediaType(parsing: self.bodyType) ?? .json, answers: self.documentedAnswers, isOpen: isOpen)
    }

    private var documentedAnswers: [RouteDocumentation.Answer] {
        var answers = self.answers.map { answer -> RouteDocumentation.Answer in
            if answer.schema == "Problem" { return Self.problem(answer.status, answer.description) }
            let type = MediaType(parsing: answer.type) ?? .json
            let plain: JSON? = type.isJSON ? nil : ["type": "string"]
            return .init(
                answer.status, answer.description, type: type, schema: answer.schema.map(Schemas.reference) ?? plain)
        }
        let takesInput = self.parameters.contains { $0.place == .query || $0.place == .header } || self.bodyLimit > 0
        if takesInput { answers += Self.refusals(hasBody: self.bodyLimit > 0).filter { !self.answers.has($0.status) } }
        guard case .scopes(let scopes, let role) = self.access else { return answers }
        answers.append(Self.problem(.unauthorized, "No valid credential."))
        answers.append(Self.problem(.forbidden, Self.requirement(scopes, "\(role)")))
        answers.append(Self.problem(.tooManyRequests, "Too many requests; Retry-After says when to retry."))
        return answers
    }

    /// Of parameters and bodies that cannot be used.
    private static func refusals(hasBody: Bool) -> [RouteDocumentation.Answer] {
        let parameter = Self.problem(.badRequest, "A parameter or the body cannot be used; `detail` says why.")
        guard hasBody else { return [parameter] }
        return [
            parameter, Self.problem(.contentTooLarge, "The body is too large."),
            Self.problem(.unsupportedMediaType, "The body has another type."),
        ]
    }

    /// What a credential needs, for the description of the answer 403.
    private static func requirement(_ scopes: Set<Scope>, _ role: String) -> String {
        let isAny = scopes.count == Scope.allCases.count
        let names = isAny ? "any" : scopes.map(\.rawValue).sorted().joined(separator: ", ")
        return "The credential lacks the scope (\(names)) or the role (\(role) or higher)."
    }

    private static func problem(_ status: HTTPStatus, _ text: String) -> RouteDocumentation.Answer {
        .init(status, text, type: .problem, schema: Schemas.reference("Problem"))
    }
}

extension [APIRoute.Answer] {
    fileprivate func has(_ status: HTTPStatus) -> Bool { self.contains { $0.status == status } }
}
