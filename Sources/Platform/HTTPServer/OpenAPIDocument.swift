internal import HTTP
package import JSON

/// Generates an OpenAPI 3.1 document from a router's table.
package enum OpenAPIDocument {
    /// - Parameter components: The schemas that the routes refer to, and the security schemes, each of which applies to
    ///   every route that isn't open.
    package static func make(
        title: String, version: String, servers: [String] = [], routes: [HTTPRoute],
        components: JSONObject = JSONObject()
    ) -> JSON {
        var document: JSONObject = [
            "openapi": "3.1.0", "info": ["title": .string(title), "version": .string(version)],
        ]
        if !servers.isEmpty { document["servers"] = .array(servers.map { ["url": .string($0)] }) }
        var paths = JSONObject()
        for route in routes {
            guard let documentation = route.documentation else { continue }
            var item = paths[route.pattern.openAPIPath]?.objectValue ?? JSONObject()
            item[route.method.rawValue.lowercased()] = .object(
                self.operation(documentation, route: route, components: components))
            paths[route.pattern.openAPIPath] = .object(item)
        }
        document["paths"] = .object(paths)
        if !components.isEmpty { document["components"] = .object(components) }
        return .object(document)
    }

    private static func operation(
        _ documentation: RouteDocumentation, route: HTTPRoute, components: JSONObject
    ) -> JSONObject {
        var operation: JSONObject = [
            "summary": .string(documentation.summary), "operationId": .string(documentation.operation),
        ]
        if !documentation.tags.isEmpty { operation["tags"] = .array(documentation.tags.map { .string($0) }) }
        let parameters = self.parameters(documentation, pattern: route.pattern)
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let request = documentation.request {
            operation["requestBody"] = [
                "required": true,
                "content": .object(["\(documentation.requestType)": ["schema": request]]),
            ]
        }
        operation["responses"] = .object(self.answers(documentation))
        operation.merge(documentation.extensions)
        let schemes = components["securitySchemes"]?.objectValue?.keys ?? []
        if documentation.isOpen {
            operation["security"] = []
        } else if !schemes.isEmpty {
            operation["security"] = .array(schemes.map { .object(JSONObject(members: [($0, JSON.array([]))])) })
        }
        return operation
    }

    private static func parameters(_ documentation: RouteDocumentation, pattern: RoutePattern) -> [JSON] {
        let described = Set(documentation.parameters.filter { $0.place == .path }.map(\.name))
        let plain = pattern.names.filter { !described.contains($0) }
            .map { RouteDocumentation.Parameter(.path, $0, "") }
        return (plain + documentation.parameters).map { parameter in
            var object: JSONObject = [
                "name": .string(parameter.name), "in": .string(parameter.place.rawValue),
                "required": .bool(parameter.isRequired), "schema": parameter.schema,
            ]
            if !parameter.text.isEmpty { object["description"] = .string(parameter.text) }
            return .object(object)
        }
    }

    private static func answers(_ documentation: RouteDocumentation) -> JSONObject {
        var answers = JSONObject()
        for answer in documentation.answers {
            // An answer may have several types.
            var object = answers["\(answer.status.code)"]?.objectValue ?? ["description": .string(answer.text)]
            if let schema = answer.schema {
                var content = object["content"]?.objectValue ?? JSONObject()
                content[answer.type.essence] = ["schema": schema]
                object["content"] = .object(content)
            }
            answers["\(answer.status.code)"] = .object(object)
        }
        // OpenAPI requires at least one response.
        if answers.isEmpty { answers["200"] = ["description": "done"] }
        return answers
    }
}
