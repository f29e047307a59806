internal import HTTP
internal import HTTPServer
package import JSON
internal import Schemas

/// All routes, and what follows from their declarations: schemas, the OpenAPI document, the page's types.
package enum APITable {
    static let routes: [APIRoute] =
        StatusRoutes.routes + SignInRoutes.routes + AccountSignInRoutes.routes + ThreadRoutes.routes + AskRoutes.routes
        + ExportRoutes.routes
        + UploadRoutes.routes + WorkspaceRoutes.routes + SettingsRoutes.routes + SpecRoutes.routes
        + DocumentRoutes.routes + StepRoutes.routes
        + CommitRoutes.routes + CatalogRoutes.routes + OperationRoutes.routes + AuditRoutes.routes + HostRoutes.routes
        + AnalyticsRoutes.routes + PeopleRoutes.routes + HookRoutes.routes + TaskRoutes.routes + LiveRoutes.routes
        + GraphQLRoutes.routes
        + EventRoutes.routes
        + ViewerRoutes.routes
        + PageRoutes.routes

    /// Of every query, body and answer.
    static let schemas: SchemaTable = {
        var schemas = SchemaTable()
        for route in APITable.routes {
            if let query = route.query { _ = schemas.schema(of: query, .input) }
            if case .json(let body) = route.body { _ = schemas.schema(of: body, .input) }
        }
        return schemas
    }()

    /// The OpenAPI 3.1 document of a host.
    package static func document(publicURL: String, version: String, isSecure: Bool) -> JSON {
        var schemas = SchemaTable()
        let routes = Self.routes.compactMap { route in
            route.documentation(&schemas).map { documentation in
                HTTPRoute(route.method, RoutePattern(route.pattern), documentation: documentation) { _ in
                    HTTPServerResponse(.notFound)
                }
            }
        }
        return OpenAPIDocument.make(
            title: "Jetbridge", version: version, servers: [publicURL], routes: routes,
            components: [
                "schemas": .object(schemas.components),
                "securitySchemes": [
                    "token": [
                        "type": "http", "scheme": "bearer", "description": "A token from `jetbridge token create`.",
                    ],
                    "cookie": [
                        "type": "apiKey", "in": "cookie", "name": .string(Authenticator.cookie(isSecure: isSecure)),
                    ],
                ],
            ])
    }

    /// The types of the page, in TypeScript.
    package static var typeScript: String {
        var schemas = SchemaTable()
        for route in Self.routes where !route.isHidden && !route.isPage { _ = route.documentation(&schemas) }
        return """
            // Made from the types of Sources/Gateway/API by `jetbridge openapi --typescript`; do not edit.

            import type { Timestamp } from "./time";


            """ + schemas.typeScript
    }
}
