"""Codes of Azure Resource Manager, and the ids that Az's cmdlets give to their own errors."""

from __future__ import annotations

from typing import Final

from psbridge.catalogue.entries.entry import do
from psbridge.catalogue.entries.meanings import Long, entries

_SIGN_IN: Final = "sign-in#when-a-sign-in-fails"
_LOCATION: Final = "troubleshooting#location-and-ids"
_CONTEXT: Final = do(
    "See the context on the host.", "PS> Get-AzContext | Format-List Account, Environment, Subscription"
)
_ENVIRONMENTS: Final = do(
    "See which endpoint each environment has.", "PS> Get-AzEnvironment | Format-Table Name, ResourceManagerUrl"
)
_SUBSCRIPTIONS: Final = do("See the subscriptions of the account.", "PS> Get-AzSubscription")
_LIST: Final = do("Check the sign-in before the next start.", "$ psbridge doctor --only sign-in")
_ALERTS: Final = do("See the stamp's alerts.", "$ psbridge alert list")
_EXPIRED: Final = (
    "The sign-in or its token has expired, or was made for another stamp.",
    "The secret of the service principal has expired.",
)
_NO_CONTEXT: Final = ("A new session has no saved context, because the target has no `sign_in`.",)
_WRONG_ENDPOINT: Final = (
    "The session is signed in to another endpoint than the operator's (adminmanagement).",
    "The module is of another version than the stamp.",
)
_OTHER_SUBSCRIPTION: Final = ("Another subscription than the Default Provider Subscription is selected or configured.",)
_LOCKED: Final = ("The subscription is disabled, or a lock on it forbids changes.",)
_RIGHTS: Final = ("The account or service principal has no role, or only Reader, on the subscription.",)
_BUSY: Final = ("Many requests in a short time, by all users of the subscription.", "The stamp is under load.")
_DOWN: Final = ("A service of the stamp is restarting, such as during an update.",)

ENTRIES: Final = tuple(
    entries(
        {
            "ResourceGroupNotFound": Long(
                (
                    "`location` of the target is not the stamp's region: its resource group system.REGION does not exist.",
                ),
                (do("See the location that psbridge finds.", "$ psbridge settings show"),),
                (_LOCATION,),
            ),
            "LocationNotFound": Long(("`location` of the target is misspelled.",), (), (_LOCATION,)),
            "InvalidResourceNamespace": Long(
                ("The environment was added with management.REGION.FQDN instead of adminmanagement.REGION.FQDN.",),
                (_ENVIRONMENTS,),
                (_SIGN_IN,),
            ),
            "NoRegisteredProviderFound": Long(_WRONG_ENDPOINT, (_ENVIRONMENTS,), (_SIGN_IN,)),
            "InvalidResourceType": Long(_WRONG_ENDPOINT, (_ENVIRONMENTS,), (_SIGN_IN,)),
            "InvalidApiVersionParameter": Long(_WRONG_ENDPOINT, (_ENVIRONMENTS,), (_SIGN_IN,)),
            "MissingSubscriptionRegistration": Long(_WRONG_ENDPOINT, (_ENVIRONMENTS,), (_SIGN_IN,)),
            "MissingSubscription": Long(
                ("The account has no role on any subscription of the stamp.",), (_SUBSCRIPTIONS,), (_SIGN_IN,)
            ),
            "SubscriptionNotFound": Long(
                (*_OTHER_SUBSCRIPTION, "The subscription is of another stamp or of Azure."),
                (_SUBSCRIPTIONS, _CONTEXT),
                (_SIGN_IN,),
            ),
            "InvalidSubscriptionId": Long(
                ("`subscription` of the target is not an id.",), (_SUBSCRIPTIONS,), (_SIGN_IN,)
            ),
            "ReadOnlyDisabledSubscription": Long(_LOCKED, (_SUBSCRIPTIONS,)),
            "SubscriptionNotActive": Long(_LOCKED, (_SUBSCRIPTIONS,)),
            "ScopeLocked": Long(_LOCKED, (_SUBSCRIPTIONS,), title="a lock forbids the change"),
            "AuthorizationFailed": Long(
                _RIGHTS,
                (_CONTEXT, _LIST),
                ("sign-in#the-role", "explain:http-403"),
                ("does not have authorization to perform action",),
            ),
            "LinkedAuthorizationFailed": Long(_RIGHTS, (_CONTEXT, _LIST), ("sign-in#the-role",)),
            "InvalidAuthenticationToken": Long(
                _EXPIRED, (_CONTEXT, _LIST), (_SIGN_IN,), ("InvalidAuthenticationTokenTenant",)
            ),
            "InvalidAuthenticationInfo": Long(_EXPIRED, (_CONTEXT, _LIST), (_SIGN_IN,)),
            "AzureRmContextError": Long(_NO_CONTEXT, (_CONTEXT,), (_SIGN_IN,), ("Context cannot be null",)),
            "NoAzureContext": Long(_NO_CONTEXT, (_CONTEXT,), (_SIGN_IN,)),
            "ExpiredAuthenticationToken": Long(
                _EXPIRED, (_CONTEXT, _LIST), (_SIGN_IN,), ("is earlier than current UTC time",)
            ),
            "AuthenticationFailed": Long(
                ("The token is not one that the stamp accepts: another tenant, or a wrong clock.",),
                (_CONTEXT, do("Compare the clocks.", "PS> w32tm /query /status")),
                (_SIGN_IN,),
            ),
            "TooManyRequests": Long(_BUSY, see=("explain:http-429",)),
            "ServerBusy": Long(_BUSY),
            "BadGateway": Long(_DOWN, see=("explain:http-502",)),
            "GatewayTimeout": Long(_DOWN, see=("explain:http-504",)),
            "ServiceUnavailable": Long(_DOWN, (_ALERTS,), ("explain:http-503",)),
            "InternalServerError": Long(
                ("The backup service met an error that has no name of its own.",), (_ALERTS,), ("explain:http-500",)
            ),
        },
        "documented codes of Azure Resource Manager; that a stamp sends them is inferred",
        inferred=True,
    )
)
