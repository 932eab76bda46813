Feature: A probe says what it knows of a service
  The probe is granted one thing of each power: an address, an origin, a command, a process. None of them exists, and
  the probe is not told of them. So there is nothing that it could know: every look ends with *unknown*, either because
  the probe says so or because it asked for what is not granted.

  Rule: A probe that cannot tell says unknown
    docs/behaviour.md §9.8; docs/plugins.md, "Probes and grants"; wit/probe.wit, `status`

    Scenario: It has no settings
      Given a probe without settings
      When it looks
      Then it cannot tell
      And it says why

    Scenario Outline: It has <settings>
      Given a probe with <settings>
      When it looks
      Then it cannot tell
      And it says why

      Examples:
        | settings                    |
        | a setting that nobody knows |
        | an empty setting            |
        | 100 settings                |
        | a setting of 60000 letters  |
        | a setting in many scripts   |

  Rule: A look leads to a verdict, however often and for however long
    docs/plugins.md, "Limits"; wit/probe.wit, `probe`

    Scenario: It looks again and again
      Given a probe without settings
      When it looks 100 times
      Then it cannot tell

    Scenario Outline: A look may take <timeout> ms
      Given a probe without settings
      When it looks for at most <timeout> ms
      Then it cannot tell

      Examples:
        | timeout    |
        | 10000      |
        | 4294967295 |
