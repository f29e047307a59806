internal import Copilot
internal import Logging

/// What the account of the configured provider has left, for a command.
package struct QuotaListing: Sendable {
    package struct Item: Sendable {
        package let id: String
        /// What people call it.
        package let name: String
        package let entitlement: Double?
        package let remaining: Double?
        package let percentRemaining: Double?
        package let isUnlimited: Bool
    }

    package let provider: String
    package let plan: String?
    package let resetDate: String?
    package let items: [Item]
    /// All of it for people, one line each.
    package let lines: [String]

    /// Nil where the provider tells nothing.
    package static func quota(of configuration: Configuration) async throws -> QuotaListing? {
        let client = ModelProvider.client(for: configuration, logger: Logger(label: "model"))
        let told: ModelQuota?
        do {
            told = try await client.quota()
        } catch {
            await ModelProvider.close(client)
            throw error
        }
        await ModelProvider.close(client)
        guard let quota = told else { return nil }
        return QuotaListing(
            provider: client.provider, plan: quota.plan, resetDate: quota.resetDate,
            items: quota.allowances.map { allowance in
                Item(
                    id: allowance.id, name: allowance.name, entitlement: allowance.entitlement,
                    remaining: allowance.remaining, percentRemaining: allowance.percentRemaining,
                    isUnlimited: allowance.isUnlimited)
            }, lines: quota.lines)
    }
}
