/// GitHub's limits of requests, per credential.
///
/// Facts: "Rate limits for the REST API" on docs.github.com. Numbers that GitHub does not publish in full, such as which
/// requests create content, are here in their strict reading.
package struct GitHubLimits: Sendable, Hashable {
    /// Requests per hour; 60 without a credential.
    package var hourly = 5_000
    package var anonymous = 60
    /// Points of GraphQL per hour.
    package var hourlyGraphQL = 5_000
    /// Requests at the same time.
    package var concurrent = 100
    /// Points a minute: a read 1, a write 5.
    package var points = 900
    package var graphQLPoints = 2_000
    /// Requests that create content.
    package var contentMinute = 80
    package var contentHour = 500

    package init() {}
}
