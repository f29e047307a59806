/// An account's remaining quota with its model provider.
package struct ModelAllowances: Sendable, Equatable {
    package struct Item: Sendable, Equatable {
        /// The provider's id for it.
        package let id: String
        package let name: String
        /// Nil where it has no limit or the provider reports none.
        package let entitlement: Double?
        package let remaining: Double?
        package let percentRemaining: Double?
        package let isUnlimited: Bool

        package init(
            id: String, name: String, entitlement: Double?, remaining: Double?, percentRemaining: Double?,
            isUnlimited: Bool
        ) {
            self.id = id
            self.name = name
            self.entitlement = entitlement
            self.remaining = remaining
            self.percentRemaining = percentRemaining
            self.isUnlimited = isUnlimited
        }
    }

    package let plan: String?
    /// When the quota resets, as the provider writes it.
    package let resetDate: String?
    package let items: [Item]
    /// The items as text, one line each.
    package let lines: [String]

    package init(plan: String?, resetDate: String?, items: [Item], lines: [String]) {
        self.plan = plan
        self.resetDate = resetDate
        self.items = items
        self.lines = lines
    }
}
