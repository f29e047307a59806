internal import Logging
internal import Models

/// The remaining allowance of the configured provider's account, for a command.
package struct QuotaListing: Sendable {
    package struct Item: Sendable {
        package let id: String
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
    /// The whole listing for people, one line each.
    package let lines: [String]

    /// Nil if the provider reports no quota.
    package static func quota(of configuration: Configuration) async throws -> QuotaListing? {
        let client = ModelProvider.client(for: configuration, logger: Logger(label: "model"))
        let reported: ModelQuota?
        do {
            reported = try await client.quota()
        } catch {
            await ModelProvider.close(client)
            throw error
        }
        await ModelProvider.close(client)
        guard let quota = reported else { return nil }
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
