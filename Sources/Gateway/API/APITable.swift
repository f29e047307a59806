internal import HTTP
internal import HTTPServer
package import JSON
internal import Primitives
internal import Schemas

/// The schema of a query or body, with the objects in it.
struct RequestSchema: Sendable {
    let name: String
    let table: SchemaTable

    init(of type: any FieldValue.Type) {
        var table = SchemaTable()
        _ = table.schema(of: type, .input)
        (self.name, self.table) = (SchemaTable.name(of: type), table)
    }
}

/// All routes, and what follows from their declarations: schemas, the OpenAPI document, the page's types.
package enum APITable {
    static let routes: [APIRoute] =
        StatusRoutes.routes + SignInRoutes.routes + AccountSignInRoutes.routes
        + ExtensionSignInRoutes.routes + ThreadRoutes.routes + AskRoutes.routes
        + MentionRoutes.routes + ScheduleRoutes.routes + ShareRoutes.routes + ExportRoutes.routes
        + UploadRoutes.routes + MessageFileRoutes.routes + WorkspaceRoutes.routes + SettingsRoutes.routes
        + MemoryRoutes.routes + PushRoutes.routes
        + SpecRoutes.routes
        + DocumentRoutes.routes + StepRoutes.routes
        + CommitRoutes.routes + CatalogRoutes.routes + OperationRoutes.routes + RatingRoutes.routes + AuditRoutes.routes
        + HostRoutes.routes
        + AnalyticsRoutes.routes + PeopleRoutes.routes + HookRoutes.routes + TaskRoutes.routes + LiveRoutes.routes
        + GraphQLRoutes.routes + MCPRoutes.routes
        + EventRoutes.routes
        + ViewerRoutes.routes + SharedPageRoutes.routes
        + PageRoutes.routes

    /// By type.
    private static let schemas = Protected<[ObjectIdentifier: RequestSchema]>([:])

    /// The schema of a query or body, read off its type when it is first needed: reading all would be most of a start.
    static func schema(of type: any FieldValue.Type) -> RequestSchema {
        Self.schemas.withLock { schemas in
            let known = schemas[ObjectIdentifier(type)]
            let schema = known ?? RequestSchema(of: type)
            if known == nil { schemas[ObjectIdentifier(type)] = schema }
            return schema
        }
    }

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
