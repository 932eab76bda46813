Feature: A daemon starts
  It is Initializing, and finds its place from what it remembers and from what it hears (docs/behaviour.md §5.5).

  Background:
    Given both nodes are Normal

  Rule: Beside a node that serves its own users

    Scenario: It is healthy
      When the daemon of node 1 restarts
      Then the pair comes to rest in row 1
      And nobody was ever served twice

    Scenario: It is not healthy
      When the critical service of node 1 fails
      And the daemon of node 1 restarts
      Then the pair comes to rest in row 12

    Scenario: Both daemons start
      When both daemons restart
      Then the pair comes to rest in row 1

  Rule: Nobody is heard for the initialization keep-alive timeout

    Scenario: It remembers Idle, and stays Idle
      Given the pair has come to row 3
      When the daemon of node 2 dies
      And the daemon of node 1 restarts
      And 3 min pass
      Then node 1 is Idle (Initialization)
      And node 1 raises the alarm that nobody serves

    Scenario: It is not healthy
      When the daemon of node 2 dies
      And the critical service of node 1 fails
      And the daemon of node 1 restarts
      And 5 min pass
      Then node 1 is Failed Over with Critical Services not Running (Initialization)
      And node 1 raises the alarm that nobody serves
      When the critical service of node 1 is repaired
      And the pair comes to rest
      Then node 1 is Running in Backup Mode (Peer Down)

  Rule: Beside a node that covers it

    Scenario Outline: It is <fitness>
      When the daemon of node 1 dies
      And the pair comes to rest
      And <event>
      And the daemon of node 1 starts
      And the pair comes to rest
      Then node 1 is <node 1>
      And node 2 is Running in Backup Mode (Peer Down)
      And the users of node 1 are served by node 2

      Examples:
        | fitness     | event                                | node 1                                                          |
        | healthy     | nothing else happens                 | Failed Over (Initialization)                                    |
        | not healthy | the critical service of node 1 fails | Failed Over with Critical Services not Running (Initialization) |

    Scenario: During a manual failover that the peer completes, it becomes Idle
      When node 1 is failed over
      Then the pair passes through row 2
      When the daemon of node 1 restarts
      And the pair comes to rest
      Then node 1 is Idle (Initialization)
      And node 2 is Running in Backup Mode (On Admin Request)
      And the users of node 1 are served by node 2

    Scenario: Both daemons restart during a manual failover
      When node 1 is failed over
      Then the pair passes through row 2
      When both daemons restart
      Then the pair comes to rest in row 6
      And the users of node 1 are served by node 2

  Rule: Beside a node that is failing over

    Scenario: It covered, though its peer has not heard of that
      When user moves of node 2 take long
      And node 1 is failed over
      Then the pair passes through row 2
      When the heartbeats of node 2 get lost
      And user moves of node 2 succeed again
      And 1 s passes
      And the daemon of node 2 restarts
      And the link is mended
      Then the pair comes to rest in row 7

    Scenario Outline: Its users were with the peer, and it is <fitness>
      Given the pair has come to row 11
      When the critical service of node 2 fails
      And 75 s pass
      And the daemon of node 1 dies
      And <event>
      And 15 s pass
      Then node 2 passes through Failing Over (Auto Recover Critical Service Down)
      When the daemon of node 1 starts
      And the pair comes to rest
      Then node 1 is <node 1>
      And node 2 is <node 2>

      Examples:
        | fitness     | event                                | node 1                                         | node 2                                         |
        | healthy     | nothing else happens                 | Backup Activated (Auto Recover Critical Service Down) | Failover Affected Services (Auto Recover Critical Service Down) |
        | not healthy | the critical service of node 1 fails | Running in Failed Mode (Critical Service Down) | Running in Failed Mode (Critical Service Down) |

  Rule: Beside a node that is taking its users back

    Scenario: It covered, and has not heard that its peer takes back
      Given the pair has come to row 3
      When the daemon of node 2 dies
      And node 1 is fallen back
      And the daemon of node 2 starts
      Then the pair comes to rest in row 1
      And nobody was ever served twice

  Rule: Both start, and both remember serving everybody

    Scenario: Both covered, across a cut link
      When the link breaks
      And the pair comes to rest
      And the daemon of node 1 dies
      And the daemon of node 2 dies
      And the link is mended
      And the daemon of node 1 starts
      And the daemon of node 2 starts
      Then the pair comes to rest in row 21
      When node 1 is recovered
      Then the pair comes to rest in row 1

    Scenario: Both were taking over, across a cut link
      When user moves of node 1 take long
      And user moves of node 2 take long
      And the link breaks
      And 3 min pass
      And the daemon of node 1 dies
      And the daemon of node 2 dies
      And user moves of node 1 succeed again
      And user moves of node 2 succeed again
      And the link is mended
      And the daemon of node 1 starts
      And the daemon of node 2 starts
      Then the pair comes to rest in row 21
