Feature: Between the rows
  What becomes of a pair when something happens to it on its way from row to row, or to a pair in trouble already
  (docs/behaviour.md §5.4). Every fault can be mended, and every scenario that mends it ends in Normal/Normal.

  Background:
    Given both nodes are Normal

  Rule: Failing Over: the node has let go of its users, and nobody covers them yet

    Scenario: The peer dies before it covers: a healthy node serves again, for both
      When node 1 is failed over
      Then node 2 passes through Taking Over (On Admin Request)
      When the daemon of node 2 dies
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Peer Down)
      And the users of node 1 are served by node 1
      And the users of node 2 are served by node 1
      When the daemon of node 2 starts
      And the pair comes to rest
      And node 2 is fallen back
      Then the pair comes to rest in row 1
      And nobody was ever served twice

    Scenario Outline: The peer dies before it covers, and the <service> does not run: whoever is fit first serves
      When the <service> of node 1 fails
      And 89 s pass
      And the daemon of node 2 dies
      And the pair comes to rest
      Then node 1 is Failed Over with Critical Services not Running (<reason>)
      And the users of node 1 are served by nobody
      And node 1 raises the alarm that nobody serves
      When the <service> of node 1 is repaired
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Peer Down)
      When the daemon of node 2 starts
      And the pair comes to rest
      And node 2 is fallen back
      Then the pair comes to rest in row 1

      Examples:
        | service          | reason                |
        | critical service | Critical Service Down |
        | database         | Database Failure      |

    Scenario: A manual failover to a peer that has just died, from a node that then fails
      When the critical service of node 1 fails
      And 60 s pass
      And the daemon of node 2 dies
      And node 1 is failed over
      And the pair comes to rest
      Then node 1 is Failed Over with Critical Services not Running (Critical Service Down)
      And the users of node 1 are served by nobody

    Scenario: The service is repaired while the peer takes over: the node is fit at once
      When user moves of node 2 take long
      And the critical service of node 1 fails
      And 3 min pass
      Then node 1 is Failing Over (Critical Service Down)
      When the critical service of node 1 is repaired
      And user moves of node 2 succeed again
      Then the pair comes to rest in row 11

    Scenario: Both nodes fail at once
      When the critical service of node 1 fails
      And the critical service of node 2 fails
      Then the pair comes to rest in row 15
      When both nodes are repaired
      And node 1 is recovered
      Then the pair comes to rest in row 1

  Rule: A fault outweighs a manual failover that comes at the same moment

    @simulated:two-causes-at-one-moment-need-a-clock-that-stands-still
    Scenario: Node 2 fails as node 1 is failed over: node 1 takes over instead
      When the critical service of node 2 fails
      And 89 s 999 ms pass
      And node 1 is failed over
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Critical Service Down)
      And node 2 is Failed Over with Critical Services not Running (Critical Service Down)
      And nobody was ever served twice

    @simulated:two-causes-at-one-moment-need-a-clock-that-stands-still
    Scenario: Both nodes fail as node 1 is failed over
      When the critical service of node 2 fails
      And the critical service of node 1 fails
      And 89 s 998 ms pass
      And node 1 is failed over
      Then the pair comes to rest in row 15

  Rule: Taking Over: a move of users is under way

    Scenario: A critical service of the node that takes over fails
      When user moves of node 2 take long
      And node 1 is failed over
      And the critical service of node 2 fails
      And 91 s pass
      Then the pair comes to rest in row 15
      When both nodes are repaired
      And user moves of node 2 succeed again
      And node 1 is recovered
      Then the pair comes to rest in row 1

    Scenario: Both nodes take over across a cut link, and find that out
      When user moves of node 1 take long
      And user moves of node 2 take long
      And the link breaks
      And 3 min pass
      Then node 1 is Taking Over (Peer Down)
      And node 2 is Taking Over (Peer Down)
      When the link is mended
      Then the pair comes to rest in row 21
      And nobody was ever served twice
      When user moves of node 1 succeed again
      And user moves of node 2 succeed again
      And node 1 is recovered
      Then the pair comes to rest in row 1

    Scenario: The weightier of two reasons for Failed Mode holds on both nodes
      When user moves of node 1 take long
      And user moves of node 2 take long
      And the link breaks
      And 3 min pass
      And the critical service of node 2 fails
      And 3 min pass
      Then node 2 is Running in Failed Mode (Critical Service Down)
      When user moves of node 1 fail
      And the pair comes to rest
      Then node 1 is Running in Failed Mode (Take Over Users Failed)
      When the link is mended
      Then the pair comes to rest in row 19

    Scenario: The node that takes over leaves
      When node 1 is failed over
      Then node 2 passes through Taking Over (On Admin Request)
      When an administrator asks node 2 for goodbye
      And 20 s pass
      And the daemon of node 2 dies
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Peer Reboot)
      And the users of node 1 are served by node 1

    Scenario: The node that takes over leaves, and its user move fails
      When user moves of node 2 take long
      And node 1 is failed over
      Then node 2 passes through Taking Over (On Admin Request)
      When an administrator asks node 2 for goodbye
      And user moves of node 2 fail
      And 20 s pass
      And the daemon of node 2 dies
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Peer Reboot)

    Scenario: Every takeover raises the epoch
      When the epochs are noted
      And node 1 is failed over
      And the pair comes to rest
      Then node 2 serves under a higher epoch
      When the epochs are noted
      And node 1 is fallen back
      And the pair comes to rest
      Then node 2 serves under a higher epoch
      When the epochs are noted
      And the daemon of node 1 dies
      And the pair comes to rest
      Then node 2 serves under a higher epoch
      And the pair is in row 16

  Rule: Covering: the node serves all users

    Scenario Outline: It fails beside a dead peer, and the <first> is fit first
      When the daemon of node 1 dies
      And the pair comes to rest
      And the critical service of node 2 fails
      And the pair comes to rest
      Then node 2 is Failed Over with Critical Services not Running (Critical Service Down)
      And the users of node 2 are served by nobody
      And node 2 raises the alarm that nobody serves
      When <event>
      And the pair comes to rest
      Then <server> is <status>
      And the users of node 1 are served by <server>
      And the users of node 2 are served by <server>

      Examples:
        | first   | event                                      | server | status                                  |
        | peer    | the daemon of node 1 starts                | node 1 | Running in Backup Mode (Initialization) |
        | service | the critical service of node 2 is repaired | node 2 | Running in Backup Mode (Peer Down)      |

    Scenario: It fails while its peer starts and is not fit either
      When the daemon of node 1 dies
      And the pair comes to rest
      And the critical service of node 1 fails
      And the critical service of node 2 fails
      And 50 s pass
      And the daemon of node 1 starts
      Then the pair comes to rest in row 15
      When both nodes are repaired
      And node 2 is recovered
      Then the pair comes to rest in row 1

  Rule: Failed Over: the node is fit, and its peer serves its users

    Background:
      Given the pair has come to row 11

    Scenario: A critical service fails again
      When the critical service of node 1 fails
      Then the pair comes to rest in row 12

    Scenario: The node that covers dies
      When the daemon of node 2 dies
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Peer Down)
      And the users of node 2 are served by node 1
      When the daemon of node 2 starts
      And the pair comes to rest
      And node 2 is fallen back
      Then the pair comes to rest in row 1

    Scenario: The node that covers shuts down
      When the host of node 2 shuts down
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Peer Reboot)
      And the users of node 2 are served by node 1
      And nobody was ever served twice

    Scenario: The covered node fails, and so does the covering one before it hears of that
      When the critical service of node 1 fails
      And the critical service of node 2 fails
      And 70 s pass
      And the heartbeats of node 1 get lost
      And 20 s pass
      Then node 2 passes through Failing Over (Auto Recover Critical Service Down)
      When the link is mended
      Then the pair comes to rest in row 15

  Rule: Nobody covers: whoever is fit takes over

    Background:
      When the daemon of node 1 dies
      And the pair comes to rest
      And the critical service of node 2 fails
      And the pair comes to rest

    Scenario: The peer starts, and is not fit either
      When the critical service of node 1 fails
      And the daemon of node 1 starts
      And the pair comes to rest
      Then node 1 is Failed Over with Critical Services not Running (Initialization)
      And node 2 is Failed Over with Critical Services not Running (Critical Service Down)
      And the users of node 1 are served by nobody
      And status recommends to repair either node
      When the critical service of node 1 is repaired
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Critical Service Down)
      And the users of node 2 are served by node 1

    Scenario: Both are fit again before they hear of each other: the first by name takes over
      When the critical service of node 1 fails
      And the daemon of node 1 starts
      And the pair comes to rest
      And the link breaks
      And both nodes are repaired
      And 1 s passes
      And the link is mended
      And the pair comes to rest
      Then the first node by name is in state Running in Backup Mode
      And the second node by name is in state Failed Over
      And nobody was ever served twice

  Rule: Idle: an administrator put the node there

    Scenario: The node that covers fails beside a cut link: Idle stays Idle until it is forced
      Given the pair has come to row 3
      When the link breaks
      And 3 min pass
      And the critical service of node 2 fails
      And the pair comes to rest
      And the link is mended
      And the pair comes to rest
      Then node 1 is Idle (On Admin Request)
      And node 2 is Failed Over with Critical Services not Running (Critical Service Down)
      And node 1 raises the alarm that nobody serves
      And status recommends to force node 1
      And an administrator can only force node 1
      When an administrator asks node 1 for forced takeover
      Then that is accepted
      When the pair comes to rest
      Then node 1 is Running in Backup Mode (Critical Service Down)
      And the users of node 2 are served by node 1
      And nobody was ever served twice

    Scenario: An Idle node restarts beside a covering node that has failed: it stays Idle
      Given the pair has come to row 3
      When the link breaks
      And 3 min pass
      And the critical service of node 2 fails
      And the pair comes to rest
      And the link is mended
      And the daemon of node 1 restarts
      And the pair comes to rest
      Then node 1 is Idle (Initialization)
      And node 2 is Failed Over with Critical Services not Running (Critical Service Down)
      And node 1 raises the alarm that nobody serves

  Rule: Taking Back and Falling Back: users are on their way home

    Background:
      Given the pair has come to row 4

    Scenario: The covering node dies before it has given the users back: the home node goes on, and covers
      When the daemon of node 2 dies
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Peer Down)
      And the users of node 1 are served by node 1
      And the users of node 2 are served by node 1

    Scenario: The home node dies before it has its users back: the covering node goes on covering
      When the daemon of node 1 dies
      And the pair comes to rest
      Then node 2 is Running in Backup Mode (Peer Down)
      And the users of node 1 are served by node 2
      And nobody was ever served twice

    Scenario: The home node comes back without its disk: the covering node goes on covering
      When the daemon of node 1 dies
      And node 1 loses its disk
      And the daemon of node 1 starts
      And the pair comes to rest
      Then node 1 is Failed Over (Initialization)
      And node 2 is Running in Backup Mode (Initialization)
      And the users of node 1 are served by node 2

    Scenario: The covering node restarts, and goes on giving back
      When the daemon of node 2 restarts
      Then the pair comes to rest in row 1
      And nobody was ever served twice

    Scenario: Both daemons restart, and go on
      When both daemons restart
      Then the pair comes to rest in row 1
      And nobody was ever served twice

    Scenario: The covering node comes back without its disk and without its services: the home node covers
      When the daemon of node 2 dies
      And node 2 loses its disk
      And the critical service of node 2 fails
      And the daemon of node 2 starts
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Critical Service Down)
      And node 2 is Failed Over with Critical Services not Running (Critical Service Down)
      And the users of node 2 are served by node 1

  Rule: A goodbye: the peer covers before the daemon leaves

    Scenario: The users are never without a server that the peer could be
      When an administrator asks node 1 for goodbye
      Then that is accepted
      When the pair comes to rest
      Then node 2 is Running in Backup Mode (Peer Reboot)
      And the users of node 1 are served by node 2
      And nobody was ever served twice

    @simulated:a-daemon-accepts-it-each-time-and-says-goodbye-once
    Scenario: A goodbye that is asked for twice is said once
      When user moves of node 2 take long
      And an administrator asks node 1 for goodbye
      Then that is accepted
      When the administrator asks again
      Then that is done already
      When user moves of node 2 succeed again
      And the pair comes to rest
      Then node 2 is Running in Backup Mode (Peer Reboot)

    Scenario Outline: A node that is leaving refuses to <command>
      When user moves of node 2 take long
      And an administrator asks node 1 for goodbye
      Then that is accepted
      When an administrator asks node 1 for <command>
      Then that is refused: leaving
      When user moves of node 2 succeed again
      And the pair comes to rest
      Then node 2 is Running in Backup Mode (Peer Reboot)

      Examples:
        | command               |
        | failover              |
        | fallback              |
        | recover               |
        | forced takeover       |
        | cancel fallback       |
        | high availability on  |
        | high availability off |
